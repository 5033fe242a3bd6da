"""What a browser sends becomes parameters of queries, and never part of their text."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.pages.page import Page
from explorer.pages.registry import PAGES
from explorer.render import scope_of
from explorer.store import Facts

MARK = "zqx"
NAMES = ("span", "from", "to", "intent", "channel", "care", "anonymous", "live")
HOSTILE = st.text(st.sampled_from("'\"`\\;()-{}:,* \n\0"), max_size=6)


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@given(before=HOSTILE, after=HOSTILE)
def test_what_stands_in_the_address_is_in_no_text_of_a_query(page: Page, before: str, after: str) -> None:
    sent = f"{before}{MARK}{after}"
    search = "?" + urlencode([(name, sent) for name in (*NAMES, *page.own)])
    asked = page.queries(scope_of(page, search, Facts(), 50))
    assert asked
    assert [name for name, query in asked.items() if MARK in query.call.sql] == []
