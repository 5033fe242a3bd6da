"""What stands before every request: whose it is, and from which site it comes."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from flask import Flask, Request, Response, abort, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from explorer.access.accounts import Accounts
from explorer.access.settings import AccessSettings
from explorer.access.visitor import recall

OPEN_PATHS = ("/login", "/login/", "/health", "/assets/explorer.css")
FOREIGN = "This request comes from another site, and is refused."
UNKNOWN = "Log in first: the session is over, or there was none.\n"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
A_YEAR = 365 * 24 * 3600


def refuse_foreign_requests(server: Flask) -> None:
    """No other site may have a visitor's browser send what changes or asks anything: browsers tell whose page it is.

    Cookies are SameSite=Lax besides, so that such a request would be nobody's.
    """

    @server.before_request
    def refuse() -> None:
        changes = request.method not in ("GET", "HEAD", "OPTIONS") or request.path == "/logout"
        if changes and _is_foreign(request):
            abort(Response(FOREIGN, status=403, mimetype="text/plain"))


def _is_foreign(asked: Request) -> bool:
    site = asked.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = asked.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != asked.host


def require_visitor(server: Flask, access: AccessSettings, accounts: Accounts | None) -> None:
    """Only the pages of the login are for anybody; a page leads there, everything else answers 401."""

    @server.before_request
    def require() -> AnyResponse | None:
        g.visitor = recall(accounts, access.session_hours * 3600)
        if g.visitor is not None or request.path in OPEN_PATHS or request.path.startswith("/login/"):
            return None
        if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
            return redirect(f"/login?next={quote(request.full_path.rstrip('?'), safe='/')}")
        return Response(UNKNOWN, status=401, mimetype="text/plain")


def add_headers(server: Flask, policy: str, access: AccessSettings) -> None:
    """Nothing comes from elsewhere, nothing goes elsewhere, nobody frames it, and nobody keeps customers' data."""
    headers = HEADERS | {"Content-Security-Policy": policy}
    if access.is_secure:
        headers["Strict-Transport-Security"] = f"max-age={A_YEAR}"

    @server.after_request
    def add(response: Response) -> Response:
        response.headers.update(headers)
        if access.has_login and not request.path.startswith(("/assets/", "/_dash-component-suites/")):
            response.headers["Cache-Control"] = "no-store"
        return response
