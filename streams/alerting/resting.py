"""A customer at rest: what changed lately under the customer's id, and what lasts under a key of its own. Pure.

Each row of a customer writes what is known of them anew. Few rows change what came before them, so from some facts on
most of these lie apart, and are written again only when as many others have come.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from streams.alerting.facts import Customer, Handoff, Journey

MOST = 4
"""So many facts that could lie apart rest under the customer's id at most."""

LASTING_PREFIX = b"\x00l"

IN_PARTS = b"\x02"
"""Leads what is not whole without its other part. Who does not know of parts cannot read it, and so loses none."""

Write = tuple[bytes, bytes | None]


class LastingPartMissing(ValueError):
    """A customer's state says that a part of it rests under another key, and there is none."""


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, LastingPartMissing)
"""What reading a customer raises of whom something is missing, or is not what was written."""


class Lasting(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Journeys, and handoffs that did not fail. What rests under the customer's id replaces what is here."""

    handoffs: dict[str, Handoff] = {}
    journeys: dict[str, Journey] = {}


@dataclass(frozen=True, slots=True)
class Known:
    """The customer, and how they rest: `value` under their id (None: nothing is known), `lasting` None: in one part."""

    customer: Customer
    value: bytes | None = None
    lasting: Lasting | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Customer).decode
encode_lasting = msgspec.msgpack.Encoder().encode
decode_lasting = msgspec.msgpack.Decoder(Lasting).decode


def encode_customer(customer: Customer) -> bytes:
    """What rests under the customer's id."""
    value = _encode(customer)
    return IN_PARTS + value if customer.in_parts else value


def decode_customer(value: bytes) -> Customer:
    """What rests under the customer's id, of this version or of one before. Raises one of `UNREADABLE`."""
    return _decode(value.removeprefix(IN_PARTS))


def lasting_key(customer_id: str) -> bytes:
    """The state table's key of the part of a customer's state that lasts; no customer's id, nor a group's key."""
    return LASTING_PREFIX + customer_id.encode()


def open_customer(customer_id: str, get: Callable[[bytes], bytes | None]) -> Known:
    """The customer as the state table has them, in one part or in two.

    Raises one of `UNREADABLE`.
    """
    value = get(customer_id.encode())
    if value is None:
        return Known(Customer())
    customer = decode_customer(value)
    if not customer.in_parts:
        return Known(customer, value)
    rests = get(lasting_key(customer_id))
    if rests is None:
        raise LastingPartMissing(f"{customer_id}: the state table lacks the part of the customer's alerting that lasts")
    lasting = decode_lasting(rests)
    whole = msgspec.structs.replace(
        customer,
        handoffs=lasting.handoffs | customer.handoffs,
        journeys=lasting.journeys | customer.journeys,
        in_parts=False,
    )
    return Known(whole, value, lasting)


def close_customer(customer_id: str, known: Known, customer: Customer | None) -> list[Write]:
    """What is to be written, together, of the customer who was `known`; None: nothing is to be known any more."""
    lasting = None if customer is None else _lasting(customer, known.lasting)
    writes: list[Write] = []
    if lasting != known.lasting:
        writes.append((lasting_key(customer_id), None if lasting is None else encode_lasting(lasting)))
    value = None if customer is None else encode_customer(_without(customer, lasting))
    if value != known.value:
        writes.append((customer_id.encode(), value))
    return writes


def said_of(customer_id: str, get: Callable[[bytes], bytes | None]) -> Customer | None:
    """Of a customer who cannot be read what was said, which can be taken back; None: not even that can be read."""
    try:
        head = decode_customer(get(customer_id.encode()) or b"")
    except UNREADABLE:
        return None
    return Customer(said=head.said, version=head.version)


def forget_parts(customer_id: str, get: Callable[[bytes], bytes | None]) -> list[Write]:
    """What is to be written so that nothing stays of the customer, nor a part that no other one tells of."""
    return [(key, None) for key in (lasting_key(customer_id), customer_id.encode()) if get(key) is not None]


def _lasting(customer: Customer, before: Lasting | None) -> Lasting | None:
    """What is to lie apart: what did before, unless too much has come since, or some of it has gone."""
    if before is None or _holds(customer, before):
        left = _without(customer, before)
        if len(left.journeys) + len(_quiet(left.handoffs)) <= MOST:
            return before
    all_of_it = Lasting(_quiet(customer.handoffs), customer.journeys)
    return all_of_it if len(all_of_it.handoffs) + len(all_of_it.journeys) > MOST else None


def _holds(customer: Customer, lasting: Lasting) -> bool:
    return lasting.handoffs.keys() <= customer.handoffs.keys() and lasting.journeys.keys() <= customer.journeys.keys()


def _quiet(handoffs: dict[str, Handoff]) -> dict[str, Handoff]:
    """Those that failed may be waiting for their journeys, which is asked of each row."""
    return {key: one for key, one in handoffs.items() if one.result != "failed"}


def _without(customer: Customer, lasting: Lasting | None) -> Customer:
    if lasting is None:
        return customer
    handoffs = {key: one for key, one in customer.handoffs.items() if lasting.handoffs.get(key) != one}
    journeys = {key: one for key, one in customer.journeys.items() if lasting.journeys.get(key) != one}
    return msgspec.structs.replace(customer, handoffs=handoffs, journeys=journeys, in_parts=True)
