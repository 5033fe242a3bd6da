"""A refresh sets what has changed, and all of it where the page is made of other parts."""

from __future__ import annotations

from dash import html, no_update

from explorer.figures.base import Figure
from explorer.parts.graphs import graph
from explorer.parts.live import has_graph, live, parts_of, walk
from explorer.render import refreshed

FIGURE: Figure = {"data": [], "layout": {}}
PAGE = [live("a", "1"), html.Div([live("b", ["x", html.P("2")]), graph(FIGURE, "g", "label")])]


def test_the_live_parts_of_a_page_are_found_wherever_they_are() -> None:
    parts = parts_of(PAGE)
    assert list(parts.html) == ["a", "b"]
    assert parts.html["a"] == "1"
    assert parts.figures == {"g": FIGURE}
    assert has_graph(PAGE)
    assert not has_graph(PAGE[0])
    assert len(list(walk(PAGE))) == 5


def test_what_is_the_same_is_left_alone() -> None:
    parts = parts_of(PAGE)
    changed = refreshed([live("a", "1"), *PAGE[1:]], {**parts.digests, "b": "old"}, ["g"])
    assert changed["page"] is no_update
    assert changed["html"][0] is no_update
    assert changed["html"][1] == parts.html["b"]
    assert changed["digests"] == [no_update, parts.digests["b"]]
    assert changed["figures"] == [FIGURE]


def test_a_page_of_other_parts_is_made_anew() -> None:
    digests = parts_of(PAGE).digests
    for shown, graphs in (({"a": "old"}, ["g"]), ({}, []), (digests, []), ({**digests, "c": "old"}, ["g"])):
        changed = refreshed(PAGE, shown, graphs)
        assert changed["page"] == PAGE
        assert set(changed["html"]) | set(changed["figures"]) <= {no_update}
