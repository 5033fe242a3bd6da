"""What the links of a partition know of a customer who is to be forgotten.

An identity that was the customer's alone goes. One that others bore as well stays ambiguous, as before: the customer's
place among them is taken by a word that names nobody. Touchpoints that links gave to the customer go with it.

What cannot be read is forgotten whole. Who else bore such an identity cannot be told, so it is public from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schemas.identity import ERASED, is_profile
from streams.identity.state import Linked, Profile, decode_linked, decode_profile, encode, is_readable
from streams.journey.erasure import erased_key, erased_mark
from streams.journey.state import segment_key

Writes = dict[bytes, bytes | None]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is to be written, and how many identities and profiles could not be read, and were forgotten whole.

    The mark has how many others cannot be read, in which the customer's id is not found any more.
    """

    writes: Writes
    unreadable: int


def forget(customer_id: str, at: int, state: Mapping[bytes, bytes]) -> Forgotten:
    """What becomes of the partition's `state` so that it knows nothing of the customer, and learns nothing again."""
    name = customer_id.encode()
    writes: Writes = {}
    unreadable = others = 0
    for key, value in state.items():
        if b"\x00" in key:
            continue
        # Ids are bytes of their own in what is kept, so most values need not be decoded.
        if name not in value:
            others += not is_readable(value)
            continue
        owner = key.decode()
        try:
            writes |= _profile(owner, value, customer_id) if is_profile(owner) else _linked(owner, value, customer_id)
        except Exception:  # noqa: BLE001 -- damage may decode to what fails later; none may hold up an erasure
            writes |= _unreadable(owner, at, state)
            unreadable += 1
    writes[erased_key(customer_id)] = erased_mark(at, others)
    return Forgotten(writes, unreadable)


def _linked(owner: str, value: bytes, customer_id: str) -> Writes:
    state: Linked = decode_linked(value)
    if state.customers is None or customer_id not in state.customers:
        return {}
    left = _without(state.customers, customer_id)
    if left == [ERASED]:
        return _gone(owner, state)
    state.customers = left
    return {owner.encode(): encode(state)}


def _profile(owner: str, value: bytes, customer_id: str) -> Writes:
    state: Profile = decode_profile(value)
    if state.customer_id == customer_id:
        return _gone(owner, state)
    if not any(customer_id in (known or ()) for known in state.answers.values()):
        return {}
    state.answers = {
        place: None if known is None else _without(known, customer_id) for place, known in state.answers.items()
    }
    return {owner.encode(): encode(state)}


def _unreadable(owner: str, at: int, state: Mapping[bytes, bytes]) -> Writes:
    log = owner.encode() + b"\x00"
    writes: Writes = {key: None for key in state if key.startswith(log)}
    writes[owner.encode()] = None if is_profile(owner) else encode(Linked(due_at=at, customers=None, seen_at=at))
    return writes


def _without(customers: Iterable[str], customer_id: str) -> list[str]:
    return sorted({ERASED if one == customer_id else one for one in customers})


def _gone(owner: str, state: Linked | Profile) -> Writes:
    return dict.fromkeys([*(segment_key(owner, segment.number) for segment in state.segments), owner.encode()])
