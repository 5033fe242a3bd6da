"""What the links of a partition know of a customer who is to be forgotten.

An identity that was the customer's alone goes. One that others bore as well stays ambiguous, as before: the customer's
place among them is taken by a word that names nobody. Touchpoints that links gave to the customer go with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from schemas.identity import ERASED, is_profile
from streams.identity.state import Linked, Profile, decode_linked, decode_profile, encode
from streams.journey.erasure import erased_key
from streams.journey.state import segment_key

Writes = dict[bytes, bytes | None]


def forget(customer_id: str, at: int, state: Mapping[bytes, bytes]) -> Writes:
    """What is to be written so that the partition's `state` knows nothing of the customer, and learns nothing again."""
    name = customer_id.encode()
    writes: Writes = {erased_key(customer_id): at.to_bytes(8)}
    for key, value in state.items():
        # Ids are bytes of their own in what is kept, so most keys need not be decoded.
        if b"\x00" not in key and name in value:
            owner = key.decode()
            found = _profile(owner, value, customer_id) if is_profile(owner) else _linked(owner, value, customer_id)
            writes.update(found)
    return writes


def _linked(owner: str, value: bytes, customer_id: str) -> Iterator[tuple[bytes, bytes | None]]:
    state: Linked = decode_linked(value)
    if state.customers is None or customer_id not in state.customers:
        return
    left = _without(state.customers, customer_id)
    if left == [ERASED]:
        yield from _gone(owner, state)
    else:
        state.customers = left
        yield owner.encode(), encode(state)


def _profile(owner: str, value: bytes, customer_id: str) -> Iterator[tuple[bytes, bytes | None]]:
    state: Profile = decode_profile(value)
    if state.customer_id == customer_id:
        yield from _gone(owner, state)
    elif any(customer_id in (known or ()) for known in state.answers.values()):
        state.answers = {
            place: None if known is None else _without(known, customer_id) for place, known in state.answers.items()
        }
        yield owner.encode(), encode(state)


def _without(customers: Iterable[str], customer_id: str) -> list[str]:
    return sorted({ERASED if one == customer_id else one for one in customers})


def _gone(owner: str, state: Linked | Profile) -> Iterator[tuple[bytes, None]]:
    yield from ((segment_key(owner, segment.number), None) for segment in state.segments)
    yield owner.encode(), None
