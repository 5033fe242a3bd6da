"""The port through which rows leave: what a sink promises, whichever it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from schemas.rows import AlertRow, DeadLetter, DuplicateRow, HandoffRow, JourneyRow, PromiseRow, TouchpointRow

Table = Literal["touchpoints", "journeys", "handoffs", "promises", "alerts", "dead_letters", "duplicates"]
Row = TouchpointRow | JourneyRow | HandoffRow | PromiseRow | AlertRow | DeadLetter | DuplicateRow


class Received(msgspec.Struct, frozen=True, gc=False):
    """A record of an output topic as it was fetched; `payload` is its value, empty for a tombstone of Kafka's."""

    topic: str
    partition: int
    offset: int
    payload: bytes


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A row and the record of the output topic that brought it; `payload` is the record's value."""

    row: Row
    topic: str
    partition: int
    offset: int
    payload: bytes


class Rejection(msgspec.Struct, frozen=True, gc=False):
    """A record of an output topic that cannot become a row of `table`, and why."""

    table: Table
    topic: str
    partition: int
    offset: int
    payload: bytes
    error: str


class SinkStopped(Exception):
    """The sink was told to stop while it waited: what was being written may not be stored, write it again."""


class Sink(Protocol):
    """Stores rows durably. Writing the same rows again, in any order, changes nothing.

    The greatest version of a row's key holds (rows of one key and version are equal); a tombstone (`is_deleted`)
    withdraws the row until a greater version comes. Methods block, may be called from several threads, and wait as
    long as the store is away.
    """

    def write(self, table: Table, entries: Sequence[Entry]) -> None:
        """Return once each entry is stored durably, in `table` or, if its row is refused, among the rejected rows.

        Raises `SinkStopped`.
        """

    def reject(self, rejections: Sequence[Rejection]) -> None:
        """Return once the rejections are stored durably, the last one per topic, partition and offset.

        Raises `SinkStopped`.
        """

    def stop(self) -> None:
        """Make calls that wait for the store give up with `SinkStopped`."""


class BlockSink(Protocol):
    """A quicker way into the same store, for records of which no rows are made."""

    def store(self, table: Table, payloads: Sequence[bytes]) -> Sequence[int] | None:
        """Return once the rows that hold of all records are stored durably, and counted.

        What it returns is when the touchpoints among them were received (UTC ms), those withdrawn aside. None leaves
        the records, whichever of them are stored already, to `Sink.write`. Raises `SinkStopped`.
        """
