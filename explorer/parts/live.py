"""Parts of a page that a refresh replaces one by one, so that whatever else there is stays as it was left.

Dash makes everything below an element anew when its children are set: what was opened is closed, the focus is lost. So
a refresh sets only the children of leaves that have changed, and the figures of graphs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

LIVE, GRAPH = "live", "graph"
Tree = Component | str | list[Any] | tuple[Any, ...] | None


@dataclass(frozen=True, slots=True)
class Parts:
    """The live parts of a page by name: children and their digests, and figures."""

    children: dict[str, Tree] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)


def live(name: str, children: Tree, kind: Callable[..., Component] = html.Div, **attributes: Any) -> Component:
    """An element whose children a refresh replaces where they have changed; `name` is the only one on its page."""
    return kind(children, id={"type": LIVE, "name": name}, key=_digest(children), **attributes)


def parts_of(tree: Tree) -> Parts:
    """The live parts of a page."""
    parts = Parts()
    for component in walk(tree):
        match getattr(component, "id", None):
            case {"type": "live", "name": name}:
                parts.children[name] = component.children
                parts.digests[name] = component.key
            case {"type": "graph", "name": name}:
                parts.figures[name] = component.figure
    return parts


def has_graph(tree: Tree) -> bool:
    return any(isinstance(component, dcc.Graph) for component in walk(tree))


def walk(tree: Tree) -> Iterator[Any]:
    """All components of a tree, each before what is in it."""
    if isinstance(tree, list | tuple):
        for each in tree:
            yield from walk(each)
    elif isinstance(tree, Component):
        yield tree
        yield from walk(getattr(tree, "children", None))


def _digest(children: Tree) -> str:
    return blake2b(repr(children).encode(), digest_size=8).hexdigest()
