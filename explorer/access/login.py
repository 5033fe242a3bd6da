"""The page that asks who one is, and the way out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, redirect, request, session
from jinja2 import Template
from werkzeug.wrappers import Response as AnyResponse

from explorer.access.accounts import LONGEST_NAME, Accounts
from explorer.access.oidc import CALLBACK, LoginFailed, Provider
from explorer.access.throttle import Throttle
from explorer.access.visitor import remember, remember_account
from explorer.words import words_in

PAGE = Template((Path(__file__).parent / "login.html").read_text(encoding="utf-8"), autoescape=True)
NEXT = "next"

logger = logging.getLogger(__name__)


class Login:
    """The views of `/login…` and `/logout`; `language` tells that of who asks."""

    def __init__(self, accounts: Accounts | None, provider: Provider | None, language: Callable[[], str]) -> None:
        self._accounts = accounts
        self._provider = provider
        self._language = language
        self._throttle = Throttle()

    def add_to(self, server: Flask) -> None:
        """Give the server the pages of the login that is configured."""
        server.add_url_rule("/login", view_func=self.ask)
        server.add_url_rule("/logout", view_func=self.leave)
        if self._accounts is not None:
            server.add_url_rule("/login", view_func=self.check, methods=["POST"])
        if self._provider is not None:
            server.add_url_rule("/login/provider", view_func=self.go)
            server.add_url_rule(CALLBACK, view_func=self.receive)

    def ask(self) -> Response:
        """The page that asks for a name and a password, or leads to the provider."""
        return self._page()

    def check(self) -> AnyResponse:
        """Name and password against the file of users."""
        assert self._accounts is not None
        # Longer than any name that is one: what is typed must not fill the memory of failures.
        name, password = request.form.get("name", "")[: LONGEST_NAME + 1], request.form.get("password", "")
        address = request.remote_addr or ""
        wait = self._throttle.wait_seconds(name, address)
        if wait:
            answer = self._page("wait", HTTPStatus.TOO_MANY_REQUESTS, minutes=-(-wait // 60))
            answer.headers["Retry-After"] = str(wait)
            return answer
        account = self._accounts.verify(name, password)
        if account is None:
            self._throttle.note_failure(name, address)
            # No name: what was typed there may be the password.
            logger.warning("a login from %s failed", address)
            return self._page("wrong", HTTPStatus.UNAUTHORIZED)
        self._throttle.note_success(name)
        remember_account(account)
        return redirect(_within(request.form.get(NEXT)))

    def go(self) -> AnyResponse:
        """To the provider."""
        assert self._provider is not None
        session[NEXT] = _within(request.args.get(NEXT))
        try:
            return self._provider.send_there()
        except LoginFailed as error:
            return self._refused(error)

    def receive(self) -> AnyResponse:
        """From the provider."""
        assert self._provider is not None
        then = _within(session.get(NEXT))
        try:
            visitor = self._provider.receive()
        except LoginFailed as error:
            return self._refused(error)
        remember(visitor.name, visitor.role, "oidc")
        return redirect(then)

    def leave(self) -> AnyResponse:
        """Forget the visitor, and ask again."""
        session.clear()
        return redirect("/login")

    def _refused(self, error: LoginFailed) -> Response:
        logger.warning("%s", error)
        return self._page("failed", HTTPStatus.FORBIDDEN, why=str(error))

    def _page(self, problem: str = "", status: int = HTTPStatus.OK, **values: object) -> Response:
        words = words_in(self._language())
        page = PAGE.render(
            words=words,
            problem=words(f"login.{problem}", **values) if problem else "",
            password=self._accounts is not None,
            provider=self._provider is not None,
            then=_within(request.values.get(NEXT)),
        )
        return Response(page, status=status, mimetype="text/html")


def _within(address: str | None) -> str:
    """The address if it lies on this site, else its first page: nobody is led elsewhere after a login."""
    inside = address is not None and address.startswith("/") and address[1:2] not in ("/", "\\")
    return address if address is not None and inside else "/"
