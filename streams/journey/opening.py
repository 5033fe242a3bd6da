"""A customer's state, out of the table and into it."""

from __future__ import annotations

from streams.journey.log import Get, Log
from streams.journey.state import (
    Head,
    Pending,
    Stored,
    Waiting,
    decode_head,
    decode_stored,
    encode_head,
    head_key,
)


def open_state(customer_id: str, get: Get) -> tuple[Head, Log[Stored]]:
    """The customer's head, to be changed, and its log. Each call gives a head of its own."""
    raw = get(head_key(customer_id))
    head = decode_head(raw) if raw is not None else Head()
    log: Log[Stored] = Log(customer_id, head, get, decode_stored)
    head.pending = [Pending(log.at(head, one.place), one.previous) for one in head.waiting]
    return head, log


def close_state(head: Head, log: Log[Stored]) -> bytes:
    """The head's value for the table; `log` is the one that it describes, changes included. The head is used up."""
    head.waiting = [Waiting(log.place_of(head, one.stored), one.previous) for one in head.pending]
    head.pending = []
    return encode_head(head)
