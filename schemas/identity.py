"""What travels on the `identity` topic: links of customers, and touchpoints that look for their customer.

A *profile* is the set of all identities of a touchpoint without `customer_no`: touchpoints with the same identities are
decided alike. Records are positional MessagePack: append fields only at the end, with a default. Times are UTC
milliseconds.
"""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from schemas.touchpoint import Arrival, Touchpoint

CUSTOMER_NO = "customer_no"
SESSION = "session"
ANONYMOUS = "anon:"
"""How ids of customers begin who are not known; no customer number begins so."""

STRENGTH = ("card", "account", "phone", "wechat_openid", "device", SESSION)
"""Kinds of identity but `customer_no`, the strongest first."""

Identity = tuple[str, str]
"""Kind and value; the value of a session is `channel:session_id`, for a session is one channel's."""

ERASED = "erased:"
"""Stands among an identity's customers for whoever was erased; it is nobody's id."""

FORGETTING = "forget:"
"""The key of the records that are for a whole partition."""

_PROFILE = "profile:"
_encode = msgspec.msgpack.Encoder().encode


class Link(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="l"):
    """To an identity: a touchpoint of `customer_id` at `at` bore it."""

    customer_id: str
    at: int


class Watch(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="w"):
    """To an identity: `profile` wants to be told whose it is, now and whenever that changes; asked at `at`."""

    profile: str
    at: int


class Held(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="h"):
    """To a profile: a touchpoint that bears `identities`, the strongest first, and no customer number."""

    identities: tuple[Identity, ...]
    arrival: Arrival


class Told(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="t"):
    """To a profile: `identity` is linked to `customers` and to no others so far; None: to too many to tell anybody."""

    identity: Identity
    customers: tuple[str, ...] | None


class Forget(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="f"):
    """To a whole partition: no identity may tell of `customer_id` any more, as was asked for at `at`."""

    customer_id: str
    at: int


IdentityRecord = Link | Watch | Held | Told | Forget

encode_identity_record = _encode
decode_identity_record = msgspec.msgpack.Decoder(IdentityRecord).decode


def identities_of(touchpoint: Touchpoint) -> tuple[Identity, ...]:
    """The touchpoint's identities but `customer_no`, the strongest first, its session's last."""
    named = touchpoint.identities
    only_customer = len(named) == 1 and CUSTOMER_NO in named
    found = [] if only_customer else [(kind, named[kind]) for kind in STRENGTH if kind in named]
    if touchpoint.session_id is not None:
        found.append((SESSION, f"{touchpoint.channel}:{touchpoint.session_id}"))
    return tuple(found)


def identity_key(identity: Identity) -> str:
    """The key of an identity's records and state."""
    return ":".join(identity)


def profile_key(identities: tuple[Identity, ...]) -> str:
    """The key of a profile's records and state."""
    return _PROFILE + blake2b(_encode(identities), digest_size=16).hexdigest()


def is_profile(key: str) -> bool:
    """Whether a key of `identity` is a profile's, not a single identity's."""
    return key.startswith(_PROFILE)


def anonymous_customer(identities: tuple[Identity, ...]) -> str:
    """The customer_id of whoever bears these identities, the strongest first, and is not known."""
    return ANONYMOUS + identity_key(identities[0])
