"""Whose touchpoint it is, as far as the touchpoint itself tells."""

from __future__ import annotations

from schemas.touchpoint import Touchpoint
from streams.pseudonym import SESSION, Pseudonyms

STRENGTH = ("card", "account", "phone", "wechat_openid", "device")
"""Kinds of identity without `customer_no`, the strongest first; the session comes after them."""


def customer_of(touchpoint: Touchpoint, pseudonyms: Pseudonyms | None) -> str:
    """The customer_id: `customer_no`, else `anon:<kind>:<value>` of the strongest identity, as pseudonyms if given.

    `touchpoint` has its identities in clear, and at least one of them or a session.
    """
    customer_no = touchpoint.identities.get("customer_no")
    if customer_no is not None:
        return customer_no if pseudonyms is None else pseudonyms.of("customer_no", customer_no)
    kind, value = _strongest(touchpoint)
    return f"anon:{kind}:{value if pseudonyms is None else pseudonyms.of(kind, value)}"


def _strongest(touchpoint: Touchpoint) -> tuple[str, str]:
    for kind in STRENGTH:
        value = touchpoint.identities.get(kind)
        if value is not None:
            return kind, value
    return SESSION, f"{touchpoint.channel}:{touchpoint.session_id}"
