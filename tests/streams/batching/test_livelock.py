"""Lag without progress is noticed; idleness and progress are not mistaken for it."""

from __future__ import annotations

from faust.types import TP

from streams.batching.livelock import LivelockWatch

ONE, TWO = TP("t", 1), TP("t", 2)


def test_work_without_progress_for_too_long_is_a_livelock() -> None:
    watch = LivelockWatch(patience=10)
    assert watch.stuck({ONE: (5, True), TWO: (5, True)}, 100) == []
    assert watch.stuck({ONE: (5, True), TWO: (6, True)}, 109) == []
    assert watch.stuck({ONE: (5, True), TWO: (6, True)}, 110) == [ONE]


def test_an_idle_partition_is_never_stuck() -> None:
    watch = LivelockWatch(patience=10)
    assert watch.stuck({ONE: (5, False)}, 0) == []
    assert watch.stuck({ONE: (5, False)}, 1_000) == []
    assert watch.stuck({ONE: (5, True)}, 1_001) == []


def test_waiting_counts_anew_after_a_rebalance() -> None:
    watch = LivelockWatch(patience=10)
    watch.stuck({ONE: (5, True)}, 0)
    watch.reset()
    assert watch.stuck({ONE: (5, True)}, 50) == []
