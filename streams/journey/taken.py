"""How far a customer's records are in the state, where what is stored does not tell a replay that.

A replay meets a state that is ahead of it. Judged by that, most records have the fate that they had. Not so where
touchpoints of one name came and went, and were sent again: of customers with twins it is known what was taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import msgspec

from streams.journey.packing import DAMAGED, pack, unpack
from streams.journey.state import Head, encode

Writes = dict[bytes, bytes | None]


class Placed(Protocol):
    """A record of the topic `customer`."""

    @property
    def offset(self) -> int:
        """Its place in its partition."""

    @property
    def timestamp(self) -> int:
        """When it was written (ms)."""


Item = TypeVar("Item")
Record = TypeVar("Record", bound=Placed)


class Taken(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """All records in front of `offset` were taken, the latest of which was written at `at` (ms).

    Where the topic was made anew its offsets begin anew, which is told by the time.
    """

    offset: int
    at: int

    def covers(self, record: Placed) -> bool:
        """Whether the record is one of them."""
        return record.offset < self.offset and record.timestamp <= self.at


_decode = msgspec.msgpack.Decoder(Taken).decode


def taken_key(customer_id: str) -> bytes:
    """The state table's key of how far a customer's records were taken."""
    return customer_id.encode() + b"\x00t"


def not_taken(
    value: bytes | None, records: Sequence[tuple[Record, Item]]
) -> tuple[Sequence[tuple[Record, Item]], Taken | None]:
    """Those of a customer's `records` that are not in the state, and how far it is with them; `value` is what it has.

    None: there are none. What cannot be read is as if there were nothing: a replay is judged by what is stored then.
    """
    known = _read(value)
    new = records if known is None else [pair for pair in records if not known.covers(pair[0])]
    if not new:
        return new, known
    latest = max(record.timestamp for record, _ in new)
    return new, Taken(new[-1][0].offset + 1, latest if known is None else max(latest, known.at))


def note_taken(customer_id: str, head: Head, had_twins: bool, taken: Taken | None) -> Writes:
    """What is to be written with the head, so that it is known of a customer with twins and of no other."""
    if not head.twins:
        return {taken_key(customer_id): None} if had_twins else {}
    return {} if taken is None else {taken_key(customer_id): pack(encode(taken))}


def _read(value: bytes | None) -> Taken | None:
    try:
        return None if value is None else _decode(unpack(value))
    except (*DAMAGED, msgspec.DecodeError):
        return None
