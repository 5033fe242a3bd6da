"""The meters of the sinks, counted once per write."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import get_args

from prometheus_client import REGISTRY, Counter, Histogram
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from schemas.rows import DeadLetter, DeadReason, TouchpointRow
from schemas.topics import RECEIVERS
from sinks.port import Row, Table

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
AGES = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0, 3_600.0, 21_600.0, 86_400.0)

INSERT_SECONDS = Histogram("omnitrack_insert_seconds", "One INSERT into ClickHouse.", ("table",), buckets=SECONDS)
ROWS_INSERTED = Counter("omnitrack_rows_inserted", "Rows that ClickHouse has stored, with repetitions.", ("table",))
INSERT_FAILURES = Counter("omnitrack_insert_failures", "INSERTs that failed and are repeated.", ("table",))
LEFT = Counter(
    "omnitrack_rows_left_to_python",
    "Records of writes that the compiled module of the sink left to Python, by the reason.",
    ("table", "reason"),
)
DEAD_LETTERS = Counter("omnitrack_dead_letters", "Dead letters stored, with repetitions.", ("reason",))
NOTICES = Counter("omnitrack_notices", "Notices that a receiver took, without refreshes.", ("receiver", "status"))
NOTICE_DELAY = Histogram(
    "omnitrack_notice_delay_seconds",
    "From an alert's being said to its receiver's having taken it.",
    ("receiver",),
    buckets=SECONDS,
)
DELIVERY_SECONDS = Histogram("omnitrack_delivery_seconds", "One call of a receiver.", ("receiver",), buckets=SECONDS)
DELIVERY_FAILURES = Counter("omnitrack_delivery_failures", "Calls of a receiver that failed.", ("receiver",))
UNDELIVERED = Counter("omnitrack_undelivered", "Notices given up, kept on the topic `undelivered`.", ("receiver",))

# From nothing to one is no increase for Prometheus; from zero it is.
ROWS_INSERTED.labels("rejected_rows")
for _receiver in RECEIVERS:
    UNDELIVERED.labels(_receiver)
for _reason in get_args(DeadReason):
    DEAD_LETTERS.labels(_reason)


class Ages(Collector):
    """A histogram that takes a whole write at once; the library's own takes one value at a time."""

    def __init__(self, name: str, help_text: str) -> None:
        self._name = name
        self._help = help_text
        self._counts = [0] * (len(AGES) + 1)
        self._sum = 0.0
        self._lock = Lock()

    def add(self, times: Sequence[int], now: float) -> None:
        """Count what came at `times` (UTC ms), seen at `now` (s)."""
        ages = sorted(now - at / 1000 for at in times)
        below = [bisect_right(ages, edge) for edge in AGES]
        with self._lock:
            for number, count in enumerate((*below, len(ages))):
                self._counts[number] += count
            self._sum += sum(ages)

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Prometheus's hook: the histogram as it is now."""
        family = HistogramMetricFamily(self._name, self._help)
        with self._lock:
            edges = (*map(str, AGES), "+Inf")
            family.add_metric((), list(zip(edges, self._counts, strict=True)), self._sum)
        yield family


FRESHNESS = Ages(
    "omnitrack_freshness_seconds",
    "From receiving a touchpoint to its being stored; a row that is corrected counts again, as old as it is.",
)
REGISTRY.register(FRESHNESS)


def received_times(rows: Sequence[Row]) -> list[int]:
    """When the touchpoints among `rows` were received (UTC ms), those withdrawn aside."""
    return [row.received_at for row in rows if isinstance(row, TouchpointRow) and not row.is_deleted]


def count_fresh(times: Sequence[int]) -> None:
    """Count the touchpoints that are stored now, by when each was received (UTC ms)."""
    FRESHNESS.add(times, time.time())


def count_stored(table: Table, rows: Sequence[Row]) -> None:
    """Count what a write has stored just now beyond its number of rows."""
    if table == "touchpoints":
        count_fresh(received_times(rows))
    elif table == "dead_letters":
        reasons = Tally(row.reason for row in rows if isinstance(row, DeadLetter) and not row.is_deleted)
        for reason, count in reasons.items():
            DEAD_LETTERS.labels(reason).inc(count)
