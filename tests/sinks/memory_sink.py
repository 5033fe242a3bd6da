"""A `Sink` in memory that may be made to fail, for what needs no ClickHouse."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from schemas.topics import Topics
from sinks.feeds import feeds_of
from sinks.port import Entry, Rejection, Row, SinkStopped, Table

FEEDS = {feed.table: feed for feed in feeds_of(Topics()).values()}


@dataclass(eq=False)
class MemorySink:
    """`refuses` tells the rows that the store takes for impossible; `there` cleared makes calls wait.

    `asked` is set by the first call.
    """

    refuses: Callable[[Row], bool] = lambda row: False
    rows: dict[tuple[Table, object], Row] = field(default_factory=dict)
    rejected: dict[tuple[str, int, int], Rejection] = field(default_factory=dict)
    writes: list[tuple[Table, int]] = field(default_factory=list)
    there: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.there.set()

    def write(self, table: Table, entries: Sequence[Entry]) -> None:
        self._wait()
        self.writes.append((table, len(entries)))
        for entry in entries:
            if self.refuses(entry.row):
                refusal = Rejection(table, entry.topic, entry.partition, entry.offset, entry.payload, "refused")
                self.reject([refusal])
            else:
                self._replace(table, entry.row)

    def reject(self, rejections: Sequence[Rejection]) -> None:
        self._wait()
        self.rejected.update({(it.topic, it.partition, it.offset): it for it in rejections})

    def stop(self) -> None:
        self.stopped.set()
        self.there.set()

    def held(self, table: Table) -> list[Row]:
        """What a reader sees: the greatest versions, without tombstones."""
        return [row for (of, _), row in self.rows.items() if of == table and not getattr(row, "is_deleted", 0)]

    def _replace(self, table: Table, row: Row) -> None:
        feed = FEEDS[table]
        key = (table, feed.key(row))
        rival = self.rows.get(key)
        if rival is None or feed.version(row) >= feed.version(rival):
            self.rows[key] = row

    def _wait(self) -> None:
        self.asked.set()
        self.there.wait()
        if self.stopped.is_set():
            raise SinkStopped("stopped while the store was away")
