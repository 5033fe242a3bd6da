"""Parts of a page become the HTML that Dash would have made of them, and what customers wrote stays text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from dash import dcc, html
from hypothesis import given
from hypothesis import strategies as st

from explorer.parts.attributes import aria
from explorer.parts.markup import markup


class Read(HTMLParser):
    """What a browser would make of HTML: its tags with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_elements_keep_their_attributes_in_the_spelling_of_html() -> None:
    cell = html.Td(["5 ", html.Strong("%")], className="heat", colSpan=2, style={"--share": "0.5", "minWidth": "1px"})
    assert markup(cell) == ('<td class="heat" colspan="2" style="--share:0.5;min-width:1px">5 <strong>%</strong></td>')
    details = html.Details([html.Summary("more"), None], open=True, hidden=False, **aria(label="said"))
    assert markup(details) == '<details open aria-label="said"><summary>more</summary></details>'


def test_a_link_leads_where_it_would_have_led() -> None:
    assert markup(dcc.Link("on", href="/paths?a=1&b=2")) == '<a href="/paths?a=1&amp;b=2">on</a>'


@given(st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"])))
def test_whatever_a_customer_wrote_is_text(written: str) -> None:
    read = Read(markup(html.P(written, title=written)))
    assert read.tags == [("p", {"title": written})]
    assert read.text == written


def test_what_only_dash_can_show_is_refused() -> None:
    with pytest.raises(TypeError, match="Graph"):
        markup(html.Div(dcc.Graph()))
