"""The explorer as a WSGI application. Everything it shows and every script it runs comes from itself."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import Any

from dash import Dash
from flask import Flask, Response, abort, request

from explorer.access.control import NO_LOGIN, control_access
from explorer.access.settings import AccessSettings
from explorer.callbacks import language_asked, register
from explorer.export import as_csv, as_parquet
from explorer.pages.registry import PAGES
from explorer.queries import ROWS_EXPORTED, Query
from explorer.render import scope_of
from explorer.shell import shell
from explorer.store import Facts, Failure, Store
from sinks.clickhouse.errors import ClickHouseError

# What a file of a whole table may take, seconds.
EXPORT_SECONDS = 120.0
PARQUET = "application/vnd.apache.parquet"
POLICY = {
    "default-src": "'self'",
    "object-src": "'none'",
    "img-src": "'self' data: blob:",
    # Plotly and the inputs bring styles with their scripts.
    "style-src": "'self' 'unsafe-inline'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def create_app(store: Store, trusted_hosts: tuple[str, ...] = (), access: AccessSettings | None = None) -> Flask:
    """The application that shows what `store` answers, to those whom `access` lets in (None: everybody).

    `trusted_hosts` are the names it answers to, all of them where there are none: a page of another site must not reach
    a server on loopback by a name that it makes point there. Raises `AccessError`, `AccountsError`.
    """
    app = Dash(
        "explorer",
        assets_folder="assets",
        title="omnitrack",
        update_title="",
        serve_locally=True,
        suppress_callback_exceptions=True,
        use_pages=False,
        enable_mcp=False,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    app.enable_dev_tools(debug=False, dev_tools_disable_version_check=True)
    app.layout = shell
    register(app, store)
    server: Flask = app.server
    if trusted_hosts:
        server.config["TRUSTED_HOSTS"] = list(trusted_hosts)
    server.add_url_rule("/export/<page>/<name>.<form>", view_func=_exporter(store))
    server.add_url_rule("/health", view_func=lambda: Response("up\n", mimetype="text/plain"))
    hashes = " ".join(app.csp_hashes())
    policy = "; ".join(f"{name} {value}" for name, value in (POLICY | {"script-src": f"'self' {hashes}"}).items())
    control_access(server, access or NO_LOGIN, policy, language_asked)
    return server


def _exporter(store: Store) -> Any:
    def export(page: str, name: str, form: str) -> Response:
        """The rows of one query of a page as a file, with the filters of the address."""
        if form not in ("csv", "parquet"):
            abort(404)
        query = _query(store, page, name)
        if not store.may_see(query.view):
            abort(Response("This is for operators only.\n", status=403, mimetype="text/plain"))
        rows = store.stream(query, EXPORT_SECONDS)
        try:
            columns = next(rows)
            body = as_csv(columns, rows) if form == "csv" else as_parquet(columns, rows)
        except ClickHouseError as error:
            return Response(f"{error}\n", status=503, mimetype="text/plain")
        kind = "text/csv; charset=utf-8" if form == "csv" else PARQUET
        response = Response(body, mimetype=None, content_type=kind)
        response.headers["Content-Disposition"] = f'attachment; filename="omnitrack-{page}-{name}.{form}"'
        response.call_on_close(lambda: _close(rows))
        return response

    return export


def _query(store: Store, page: str, name: str) -> Query:
    facts = store.facts()
    if page not in PAGES or isinstance(facts, Failure):
        abort(404 if page not in PAGES else Response(f"{_text(facts)}\n", status=503, mimetype="text/plain"))
    queries = PAGES[page].queries(scope_of(PAGES[page], request.query_string.decode(), facts, ROWS_EXPORTED))
    if name not in queries:
        abort(404)
    return queries[name]


def _text(facts: Facts | Failure) -> str:
    return facts.text if isinstance(facts, Failure) else ""


def _close(rows: Generator[Any]) -> None:
    with contextlib.suppress(ClickHouseError):
        rows.close()
