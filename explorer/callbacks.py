"""What follows what: the page follows the address and the clock, the address follows the inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from flask import request

from explorer.access.visitor import current_visitor
from explorer.filters import DATES, SPANS, Filters, read_filters
from explorer.pages.registry import HOME, page_at
from explorer.palette import THEMES
from explorer.parts.forms import OWN
from explorer.parts.live import GRAPH, LIVE
from explorer.render import page_content, refreshed
from explorer.shell import filter_bar, header
from explorer.store import Facts, Failure, Store
from explorer.words import LANGUAGES, words_in

SHARED_INPUTS = ("span", "intents", "channels", "care")


def register(app: Dash, store: Store) -> None:
    """Set up all callbacks of `app`."""
    _preferences(app)
    _frame(app, store)
    _page(app, store)
    _inputs(app)


def language_asked() -> str:
    """The language that the visitor chose, else that of the browser."""
    chosen = request.cookies.get("language", "")
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(list(LANGUAGES)) or "en"


def theme_asked() -> str:
    """The theme of the visitor's cookie; `light` where it has none."""
    chosen = request.cookies.get("theme", "")
    return chosen if chosen in THEMES else "light"


def _preferences(app: Dash) -> None:
    """Language and theme are cookies: the browser tells them with each request."""
    for name in ("language", "theme"):
        app.clientside_callback(
            ClientsideFunction("explorer", "prefer"),
            Output("preferences", "data", allow_duplicate=True),
            Input(name, "n_clicks"),
            State(name, "value"),
            State(name, "id"),
            prevent_initial_call=True,
        )
    app.clientside_callback(
        ClientsideFunction("explorer", "tick"),
        Output("tick", "data"),
        Input("clock", "n_intervals"),
        State("url", "search"),
        State("refreshing", "data"),
    )
    app.clientside_callback(
        ClientsideFunction("explorer", "say"), Output("said", "storage_type"), Input("said", "data")
    )
    app.clientside_callback(
        ClientsideFunction("explorer", "open"),
        Output("opened", "data"),
        Input({"type": "graph", "name": ALL}, "clickData"),
        prevent_initial_call=True,
    )


def _frame(app: Dash, store: Store) -> None:
    @app.callback(
        Output("header", "children"),
        Output("filters", "children"),
        Output("said", "data"),
        Input("url", "pathname"),
        Input("url", "search"),
        Input("preferences", "data"),
    )
    def follow_address(
        pathname: str | None, search: str | None, _preferences: object
    ) -> tuple[Any, Any, Mapping[str, str]]:
        page, words, theme = page_at(pathname), words_in(language_asked()), theme_asked()
        filters = read_filters(search, page.own if page else ())
        read = store.facts()
        facts = Facts() if isinstance(read, Failure) else read
        bar = filter_bar(page, filters, words, facts, datetime.now(UTC)) if page else None
        name = page.name if page else HOME
        said = {"title": f"{words(f'page.{name}')} · omnitrack", "language": words.language, "theme": theme}
        return header(page, filters, words, theme, current_visitor()), bar, said


def _page(app: Dash, store: Store) -> None:
    @app.callback(
        Output("page", "children"),
        Input("url", "pathname"),
        Input("url", "search"),
        Input("preferences", "data"),
        running=[(Output("page", "aria-busy"), "true", "false")],
    )
    def show(pathname: str | None, search: str | None, _preferences: object) -> Component | list[Component]:
        return page_content(store, page_at(pathname), search, language_asked(), theme_asked())

    @app.callback(
        output={
            "page": Output("page", "children", allow_duplicate=True),
            "html": Output({"type": LIVE, "name": ALL}, "html"),
            "digests": Output({"type": LIVE, "name": ALL}, "digest"),
            "figures": Output({"type": GRAPH, "name": ALL}, "figure"),
        },
        inputs={
            "_tick": Input("tick", "data"),
            "pathname": State("url", "pathname"),
            "search": State("url", "search"),
            "digests": State({"type": LIVE, "name": ALL}, "digest"),
        },
        prevent_initial_call=True,
        running=[(Output("refreshing", "data"), True, False)],
    )
    def refresh(_tick: int, pathname: str | None, search: str | None, digests: list[str]) -> dict[str, Any]:
        shown = [each["id"]["name"] for each in ctx.args_grouping["digests"]]
        graphs = [each["id"]["name"] for each in ctx.outputs_grouping["figures"]]
        content = page_content(store, page_at(pathname), search, language_asked(), theme_asked())
        return refreshed(content, dict(zip(shown, digests, strict=True)), graphs)


def _inputs(app: Dash) -> None:
    @app.callback(
        Output("url", "search"),
        inputs={
            "shared": {name: Input(name, "value") for name in SHARED_INPUTS},
            "first": Input("days", "start_date"),
            "last": Input("days", "end_date"),
            "flags": Input("flags", "value"),
            "own": Input({"type": OWN, "name": ALL}, "value"),
            "search": State("url", "search"),
            "pathname": State("url", "pathname"),
        },
        prevent_initial_call=True,
    )
    def follow_inputs(
        shared: dict[str, Any],
        first: str | None,
        last: str | None,
        flags: list[str] | None,
        own: list[str | None],
        search: str | None,
        pathname: str | None,
    ) -> Any:
        page = page_at(pathname)
        # A form that is new tells of all of its inputs; and the address may have changed again since it was made.
        if page is None or len({str(each) for each in ctx.triggered_prop_ids.values()}) != 1:
            return no_update
        before = read_filters(search, page.own)
        names = [each["id"]["name"] for each in ctx.args_grouping["own"]]
        after = entered(before, shared, first, last, flags or [], dict(zip(names, own, strict=True)))
        return no_update if after.search == before.search else after.search


def entered(
    before: Filters,
    shared: Mapping[str, Any],
    first: str | None,
    last: str | None,
    flags: list[str],
    own: Mapping[str, str | None],
) -> Filters:
    """The filters after something was entered; days count where the span says so."""
    after = replace(
        before,
        intents=tuple(shared["intents"] or ()),
        channels=tuple(shared["channels"] or ()),
        care=tuple(shared["care"] or ()),
        anonymous="anonymous" in flags,
        live="live" in flags,
    ).with_own(**own)
    if shared["span"] == DATES and first and last:
        return after.with_days(date.fromisoformat(first[:10]), date.fromisoformat(last[:10]))
    return after.with_span(shared["span"]) if shared["span"] in SPANS else after
