"""Meters that are read when Prometheus asks: they cost nothing in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from streams.batching.app import BatchApp

Times = Callable[[], Mapping[int, int]]


class AppMeters(Collector):
    """Whether the app is ready, how far each of its partitions is, and what its states hold."""

    def __init__(self, app: BatchApp) -> None:
        self._app = app

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Prometheus's hook: read now, of the partitions that this process has now."""
        ready = GaugeMetricFamily("omnitrack_ready", "1: has its partitions and recovers none.")
        ready.add_metric((), float(self._app.not_ready() is None))
        yield ready
        yield from self._partitions()
        yield from self._states()

    def _partitions(self) -> Iterator[GaugeMetricFamily]:
        of = ("stage", "topic", "partition")
        lag = GaugeMetricFamily("omnitrack_partition_lag", "Records that are not committed yet.", labels=of)
        done = GaugeMetricFamily("omnitrack_partition_committed_offset", "The committed offset.", labels=of)
        for tp, committed, end in self._app.progress():
            labels = (self._app.stage_of(tp.topic), tp.topic, str(tp.partition))
            done.add_metric(labels, committed)
            lag.add_metric(labels, max(0, end - committed))
        yield lag
        yield done

    def _states(self) -> Iterator[GaugeMetricFamily]:
        of = ("table", "partition")
        keys = GaugeMetricFamily("omnitrack_state_keys", "Keys of a state table.", labels=of)
        size = GaugeMetricFamily("omnitrack_state_bytes", "Bytes of the values of a state table.", labels=of)
        for table in self._app.state_tables:
            for partition, count, taken in table.sizes():
                keys.add_metric((table.name, str(partition)), count)
                size.add_metric((table.name, str(partition)), taken)
        yield keys
        yield size


class ClockMeter(Collector):
    """How far W lies behind the time of day; `clocks` tells W (UTC ms) by partition, 0 where it is not known yet."""

    def __init__(self, clocks: Times) -> None:
        self._clocks = clocks

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Prometheus's hook: seconds from each partition's clock to now; none before its first touchpoint."""
        lag = GaugeMetricFamily(
            "omnitrack_clock_lag_seconds", "How far the clock W lies behind.", labels=("partition",)
        )
        now = time.time()
        for partition, clock in self._clocks().items():
            if clock:
                lag.add_metric((str(partition),), max(0.0, now - clock / 1000))
        yield lag
