"""A customer's state, out of the table and into it."""

from __future__ import annotations

from zlib import crc32

from streams.journey.log import Get, Log, LogDamaged
from streams.journey.packing import pack, unpack
from streams.journey.parts import join, part
from streams.journey.state import (
    Head,
    Pending,
    Stored,
    Waiting,
    decode_head,
    decode_lasting,
    decode_stored,
    encode,
    encode_head,
    head_key,
    lasting_key,
)

_UNDIGESTED = b"\x01"
"""At rest in heads of earlier versions, for the digest of what lasts."""

Writes = dict[bytes, bytes | None]


class PartsApart(LogDamaged):
    """The two parts of a head do not belong together."""


def open_state(customer_id: str, get: Get) -> tuple[Head, Log[Stored]]:
    """The customer's head, to be changed, and its log. Each call gives a head of its own.

    Raises `LogDamaged` where the state table lacks a part, `PartsApart` where it has one of another writing,
    `UnknownPacking` for one of a later version.
    """
    raw = get(head_key(customer_id))
    head = decode_head(raw) if raw is not None else Head()
    if head.lasting:
        packed = get(lasting_key(customer_id))
        if packed is None:
            raise LogDamaged(f"{customer_id}: the state table lacks the part of the head that lasts")
        digest, head.lasting = head.lasting, unpack(packed)
        if digest not in (_UNDIGESTED, _digest(head.lasting)):
            raise PartsApart(
                f"{customer_id}: the head and the part of it that lasts are not of one writing, as the changelog was"
                " restored in part or written by two: see “A state at fault” in docs/operations.md"
            )
        join(head, decode_lasting(head.lasting))
    log: Log[Stored] = Log(customer_id, head, get, decode_stored)
    head.pending = [Pending(log.at(head, one.place), one.previous) for one in head.waiting]
    return head, log


def close_state(customer_id: str, head: Head, log: Log[Stored]) -> Writes:
    """The head's puts and deletes; `log` is the one that it describes, changes included. The head is used up."""
    head.waiting = [Waiting(log.place_of(head, one.stored), one.previous) for one in head.pending]
    head.pending = []
    writes: Writes = {}
    lasting = part(head)
    if lasting is not None:
        encoded = encode(lasting)
        if encoded != head.lasting:
            writes[lasting_key(customer_id)] = pack(encoded)
        head.lasting = _digest(encoded)
    elif head.lasting:
        writes[lasting_key(customer_id)] = None
        head.lasting = b""
    writes[head_key(customer_id)] = encode_head(head)
    return writes


def _digest(lasting: bytes) -> bytes:
    return crc32(lasting).to_bytes(4)


def delete_state(customer_id: str, head: Head) -> Writes:
    """The deletes of a head, of which the log has been deleted."""
    keys = [lasting_key(customer_id)] if head.lasting else []
    return dict.fromkeys([*keys, head_key(customer_id)])
