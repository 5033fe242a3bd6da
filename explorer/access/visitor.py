"""Who asks: kept in the session's signed cookie, and checked again with every request."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal, cast

from flask import g, has_request_context, session

from explorer.access.accounts import Account, Accounts
from explorer.access.roles import ROLES, Role, may_see

Source = Literal["file", "oidc"]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is looking, and as what."""

    name: str
    role: Role


def remember(name: str, role: Role, source: Source, stamp: str = "") -> None:
    """Begin a session for the visitor of this request, and forget what was there before."""
    session.clear()
    session.update(name=name, role=role, source=source, stamp=stamp, since=int(time.time()))
    session.permanent = True


def remember_account(account: Account) -> None:
    """Log in a user of the file, until the session ends or the password changes."""
    remember(account.name, account.role, "file", account.stamp)


def recall(accounts: Accounts | None, seconds: float) -> Visitor | None:
    """The visitor of this request, if the session is at most `seconds` old and still holds.

    A user of the file who was removed, or has another password, is none any more; another role holds at once.
    """
    if not 0 <= time.time() - session.get("since", 0) <= seconds:
        return None
    if session["source"] == "file":
        account = accounts.find(session["name"]) if accounts else None
        known = account is not None and account.stamp == session["stamp"]
        return Visitor(account.name, account.role) if account is not None and known else None
    role = session["role"]
    return Visitor(session["name"], cast("Role", role)) if role in ROLES else None


def current_visitor() -> Visitor | None:
    """Who asks now; None where there is no login."""
    return getattr(g, "visitor", None) if has_request_context() else None


def visitor_may_see(view: str) -> bool:
    """Whether who asks now may have the rows of `view`; where there is no login, everybody may."""
    visitor = current_visitor()
    return visitor is None or may_see(visitor.role, view)
