"""Parts of a page that a refresh replaces one by one, so that whatever else there is stays as it was left.

Everything below an element is made anew when its content is set: what was opened is closed, the focus is lost. So a
refresh sets only the content of leaves that have changed, and the figures of graphs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from dash import dcc
from dash.development.base_component import Component

from explorer.parts.markup import Markup, Tree, markup

LIVE, GRAPH = "live", "graph"


@dataclass(frozen=True, slots=True)
class Parts:
    """The live parts of a page by name: their HTML with its digests, and figures."""

    html: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)


def live(name: str, content: Tree, tag: str = "div", **attributes: str) -> Markup:
    """An element whose content a refresh replaces where it has changed; `name` is the only one on its page."""
    html = markup(content)
    return Markup(id={"type": LIVE, "name": name}, tag=tag, html=html, digest=_digest(html), **attributes)


def parts_of(tree: Tree) -> Parts:
    """The live parts of a page."""
    parts = Parts()
    for component in walk(tree):
        match getattr(component, "id", None):
            case {"type": "live", "name": name}:
                parts.html[name] = component.html
                parts.digests[name] = component.digest
            case {"type": "graph", "name": name}:
                parts.figures[name] = component.figure
    return parts


def has_graph(tree: Tree) -> bool:
    """Whether a figure is anywhere in `tree`."""
    return any(isinstance(component, dcc.Graph) for component in walk(tree))


def walk(tree: Tree) -> Iterator[Any]:
    """All components of a tree, each before what is in it."""
    if isinstance(tree, list | tuple):
        for each in tree:
            yield from walk(each)
    elif isinstance(tree, Component):
        yield tree
        yield from walk(getattr(tree, "children", None))


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()
