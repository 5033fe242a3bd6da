"""Access to the explorer, put together: sessions, login, guards and headers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from flask import Flask, Response

from explorer.access.accounts import Accounts, AccountsError
from explorer.access.guard import add_headers, refuse_foreign_requests, require_visitor
from explorer.access.login import Login
from explorer.access.oidc import Provider
from explorer.access.settings import AccessSettings

NO_LOGIN = AccessSettings.model_construct()
MOST_FORM_BYTES = 1024 * 1024

logger = logging.getLogger(__name__)


def control_access(server: Flask, access: AccessSettings, policy: str, language: Callable[[], str]) -> None:
    """Let in whom `access` names, all where it names nobody; `policy` is the Content-Security-Policy.

    Raises `AccessError` and `AccountsError`.
    """
    server.config["MAX_CONTENT_LENGTH"] = MOST_FORM_BYTES
    refuse_foreign_requests(server)
    add_headers(server, policy, access)
    if not access.has_login:
        return
    server.secret_key = access.signing_key()
    server.config.update(
        SESSION_COOKIE_NAME="__Host-omnitrack" if access.is_secure else "omnitrack",
        SESSION_COOKIE_SECURE=access.is_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=access.session_hours),
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    accounts = None if access.users is None else Accounts(access.users)
    provider = None if access.oidc_issuer is None else Provider(server, access)
    server.register_error_handler(AccountsError, _nobody_can_log_in)
    require_visitor(server, access, accounts)
    Login(accounts, provider, language).add_to(server)


def _nobody_can_log_in(error: AccountsError) -> Response:
    logger.error("%s", error)
    return Response("The file of users cannot be read; the log of the explorer says why.\n", 503, mimetype="text/plain")
