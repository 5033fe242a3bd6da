"""Parts of a page as plain HTML: each is one component, however many elements it has.

Dash looks at every component of a page whenever anything changes, so tables of some thousand of them made a browser
busy for seconds. `assets/markup.js` is the browser's side, and follows the links in there without loading anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from dash import dcc
from dash.development.base_component import Component

Tree = Component | str | list[Any] | tuple[Any, ...] | None
NAMES = {"className": "class", "htmlFor": "for"}


class Markup(Component):
    """An element `tag` whose content is `html`; `digest` tells whether that is what was there before."""

    _namespace = "explorer"
    _type = "Markup"

    def __init__(self, **props: Any) -> None:
        self._prop_names = self.available_properties = ["id", "tag", "html", "digest", "className"]
        self._valid_wildcard_attributes = self.available_wildcard_properties = []
        super().__init__(**props)  # type: ignore[no-untyped-call]  # Dash has no types


def markup(tree: Tree) -> str:
    """The HTML of elements of `dash.html`, links and texts. Raises TypeError for what only Dash can show."""
    if tree is None:
        return ""
    if isinstance(tree, list | tuple):
        return "".join(map(markup, tree))
    if not isinstance(tree, Component):
        return escape(str(tree))
    if tree._namespace != "dash_html_components" and not isinstance(tree, dcc.Link):
        raise TypeError(f"{tree._type} is no plain element")
    tag = "a" if isinstance(tree, dcc.Link) else tree._type.lower()
    props: dict[str, Any] = tree.to_plotly_json()["props"]
    content = markup(props.pop("children", None))
    return f"<{tag}{''.join(_attributes(props))}>{content}</{tag}>"


def _attributes(props: Mapping[str, Any]) -> Iterator[str]:
    for name, value in props.items():
        written = NAMES.get(name, name.lower())
        if value is True:
            yield f" {written}"
        elif value is not None and value is not False:
            yield f' {written}="{escape(_style(value) if isinstance(value, dict) else str(value))}"'


def _style(values: Mapping[str, Any]) -> str:
    return ";".join(f"{_hyphened(name)}:{value}" for name, value in values.items())


def _hyphened(name: str) -> str:
    """`minWidth` as CSS spells it."""
    return re.sub("[A-Z]", lambda found: f"-{found[0].lower()}", name)
