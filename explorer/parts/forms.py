"""Inputs of a page's own parameters. Whatever is entered goes into the address, and the page follows the address."""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html

from explorer.filters import Filters
from explorer.words import Words

OWN = "own"


def text_input(filters: Filters, words: Words, name: str) -> html.Label:
    """A text that counts once it is complete: with Enter, or when the input is left."""
    field = dcc.Input(
        id={"type": OWN, "name": name},
        value=filters.own.get(name, ""),
        type="search",
        debounce=True,
        autoComplete="off",
    )
    return html.Label([html.Span(words(f"filter.{name}")), field], className="field")


def choice(filters: Filters, words: Words, name: str, kind: str, values: Sequence[str]) -> html.Label:
    """One of some values, or all."""
    options = [{"label": words.name(kind, value), "value": value} for value in values]
    field = dcc.Dropdown(
        id={"type": OWN, "name": name},
        options=options,
        value=filters.own.get(name) or None,
        placeholder=words("filter.all"),
        searchable=False,
    )
    return html.Label([html.Span(words(f"filter.{name}")), field], className="field")
