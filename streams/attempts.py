"""How far a partition's worker set out to go before it ended: a replay stops there once.

Rows are sent before the state that knows them is written. After a crash in between, a replay that takes more records
at once may come to other journeys, and those that were sent would stay for ever, as no state ever knew of them. So the
end of every batch is noted, durably, before its rows are sent. A replay that has a checkpoint at the same end comes to
the rows that were sent, whatever it cuts before, and what follows replaces them as always.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import msgspec

from streams.batching import Batch, Delivery, Handler
from streams.checkpoint import StateStore

ATTEMPTS_KEY = b"\x00attempts"
"""The state table's key of a partition's attempts; no customer's, for those begin with their id."""

Ends = tuple[int, ...]
"""Offsets behind the last records of batches whose rows may have been sent, in order."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Ends).decode


class States(StateStore, Protocol):
    """The state table."""

    def partition(self, partition: int) -> Mapping[bytes, bytes]: ...


def read_ends(state: Mapping[bytes, bytes]) -> Ends:
    """The ends noted in a partition's state."""
    value = state.get(ATTEMPTS_KEY)
    return () if value is None else _decode(value)


def note_end(ends: Ends, batch: Batch) -> tuple[bytes, bytes]:
    """What is to be written before the rows of `batch` are sent: its end, and those of `ends` that lie ahead of it."""
    first = batch.records[0].offset if batch.records else batch.next_offset
    return ATTEMPTS_KEY, _encode(sorted({batch.next_offset, *(end for end in ends if end > first)}))


def cut(batch: Batch, ends: Ends) -> Iterator[Batch]:
    """The batch in parts that end where an attempt ended."""
    records = batch.records
    for end in ends:
        if records and records[0].offset < end < batch.next_offset:
            count = sum(record.offset < end for record in records)
            yield replace(batch, records=records[:count], next_offset=end)
            records = records[count:]
    yield replace(batch, records=records)


@dataclass(slots=True)
class _Part:
    """The delivery of a part of a batch, which is not acknowledged before the last one."""

    whole: Delivery
    done: bool = False

    def is_current(self) -> bool:
        return self.whole.is_current()

    async def confirm(self) -> bool:
        return await self.whole.confirm()

    def acknowledge(self) -> None:
        self.done = True


class Attempts:
    """The handler that notes the ends of batches in `states`, and cuts replays, for the `inner` handler."""

    def __init__(self, inner: Handler, states: States) -> None:
        self._inner = inner
        self._states = states

    async def __call__(self, batch: Batch, delivery: Delivery) -> None:
        *parts, last = cut(batch, read_ends(self._states.partition(batch.partition)))
        for one in parts:
            part = _Part(delivery)
            await self._take(one, part)
            if not part.done:
                return
        await self._take(last, delivery)

    async def _take(self, batch: Batch, delivery: Delivery) -> None:
        if not await delivery.confirm():
            return
        if batch.records:
            noted = note_end(read_ends(self._states.partition(batch.partition)), batch)
            await self._states.write_batch(batch.partition, [[noted]])
        await self._inner(batch, delivery)
