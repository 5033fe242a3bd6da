"""How far a partition's worker set out to go before it ended, and by which clock: a replay does so once more.

Rows are sent before the state that knows them is written. After a crash in between, a replay that takes more records
at once may come to other journeys, and those that were sent would stay for ever, as no state ever knew of them. So the
end of every batch is noted, durably, before its rows are sent. A replay that has a checkpoint at the same end comes to
the rows that were sent, whatever it cuts before, and what follows replaces them as always.

W is noted with the end. So a replay judges as the attempt did, and whoever takes a partition over never turns back a
clock by which rows were sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import structlog

from streams.batching import Batch, Delivery, Write
from streams.checkpoint import StateTable

ATTEMPTS_KEY = b"\x00attempts"
"""The state table's key of a partition's attempts; no customer's, for those begin with their id."""


class Attempt(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A batch whose rows may have been sent: the offset behind its last record, and W (ms)."""

    end: int
    clock: int


logger = structlog.get_logger(__name__)

ClockOf = Callable[[Batch], int]
"""W of a partition when a batch of it will be taken in (ms)."""

Inner = Callable[[Batch, Delivery, int], Awaitable[None]]
"""A handler that is also given W."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[Attempt, ...]).decode


def read_attempts(state: Mapping[bytes, bytes]) -> tuple[Attempt, ...]:
    """The attempts noted in a partition's state, in order; none where they cannot be read, which is told."""
    value = state.get(ATTEMPTS_KEY)
    try:
        return () if value is None else _decode(value)
    except msgspec.DecodeError:
        logger.exception(
            "how far the last attempt went cannot be read: rows that it sent and that nobody sends again may stay until"
            " omnitrack restitch takes them back"
        )
        return ()


def noted_clock(noted: Sequence[Attempt]) -> int:
    """The greatest W by which rows may have been sent."""
    return max((attempt.clock for attempt in noted), default=0)


def attempt_at(noted: Sequence[Attempt], batch: Batch, clock_of: ClockOf) -> Attempt:
    """The attempt at a batch: the same as before at the same end, else by a clock that does not turn back.

    A batch without records is not noted, so its clock is one that is.
    """
    for attempt in noted:
        if attempt.end == batch.next_offset:
            return attempt
    latest = noted_clock(noted)
    return Attempt(batch.next_offset, max(latest, clock_of(batch)) if batch.records else latest)


def note(noted: Sequence[Attempt], batch: Batch, attempt: Attempt) -> Write:
    """What is to be written before the rows of `batch` are sent: its attempt, and those noted that lie ahead of it."""
    first = batch.records[0].offset if batch.records else batch.next_offset
    ahead = {one.end: one for one in (*noted, attempt) if one.end > first or one is attempt}
    return ATTEMPTS_KEY, _encode([ahead[end] for end in sorted(ahead)])


def cut(batch: Batch, noted: Sequence[Attempt]) -> Iterator[Batch]:
    """The batch in parts that end where an attempt ended."""
    records = batch.records
    for attempt in noted:
        if records and records[0].offset < attempt.end < batch.next_offset:
            count = sum(record.offset < attempt.end for record in records)
            yield replace(batch, records=records[:count], next_offset=attempt.end)
            records = records[count:]
    yield replace(batch, records=records)


@dataclass(slots=True)
class _Part:
    """The delivery of a part of a batch, which is not acknowledged before the last one."""

    whole: Delivery
    done: bool = False

    @property
    def stage(self) -> str:
        return self.whole.stage

    def is_current(self) -> bool:
        return self.whole.is_current()

    async def confirm(self) -> bool:
        return await self.whole.confirm()

    def acknowledge(self) -> None:
        self.done = True


class Attempts:
    """The handler that notes attempts in `states`, and cuts replays, for the `inner` handler."""

    def __init__(self, inner: Inner, states: StateTable, clock_of: ClockOf) -> None:
        self._inner = inner
        self._states = states
        self._clock_of = clock_of

    async def __call__(self, batch: Batch, delivery: Delivery) -> None:
        """Take a batch in the parts in which it was attempted before; it is acknowledged with the last of them."""
        *parts, last = cut(batch, read_attempts(self._states.partition(batch.partition)))
        for one in parts:
            part = _Part(delivery)
            await self._take(one, part)
            if not part.done:
                return
        await self._take(last, delivery)

    async def _take(self, batch: Batch, delivery: Delivery) -> None:
        if not await delivery.confirm():
            return
        noted = read_attempts(self._states.partition(batch.partition))
        attempt = attempt_at(noted, batch, self._clock_of)
        if batch.records:
            await self._states.write_batch(batch.partition, [[note(noted, batch, attempt)]])
        await self._inner(batch, delivery, attempt.clock)
