"""Acknowledgement: only a leading run of acknowledged batches may be committed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.batching.delivery import DeliveryLog


def log_of(*offsets: int) -> DeliveryLog:
    log = DeliveryLog()
    for offset in offsets:
        log.deliver(offset, records=1)
    return log


def test_nothing_is_committable_before_an_acknowledgement() -> None:
    assert log_of(10, 20).committable is None


def test_an_acknowledgement_behind_a_gap_waits_for_the_gap() -> None:
    """Stock Faust commits 1114 when 1113 was acknowledged and 1112 was not: the record at 1112 is lost in a crash."""
    log = log_of(1112, 1113, 1114)
    assert log.acknowledge(1112)
    assert log.acknowledge(1114)
    assert log.committable == 1112
    assert log.acknowledge(1113)
    assert log.committable == 1114


def test_what_was_not_delivered_cannot_be_acknowledged() -> None:
    log = log_of(10)
    assert not log.acknowledge(11)
    assert log.committable is None


def test_a_second_acknowledgement_changes_nothing() -> None:
    log = log_of(10, 20, 30)
    assert log.acknowledge(20)
    assert not log.acknowledge(20)
    assert log.acknowledge(10)
    assert not log.acknowledge(10)
    assert (log.committable, len(log), log.records) == (20, 1, 1)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=30), st.data())
def test_committable_is_always_the_end_of_the_acknowledged_prefix(sizes: list[int], data: st.DataObject) -> None:
    offsets = [sum(sizes[: count + 1]) for count in range(len(sizes))]
    log = DeliveryLog()
    for offset, size in zip(offsets, sizes, strict=True):
        log.deliver(offset, size)
    done: set[int] = set()
    for offset in data.draw(st.permutations(offsets)):
        assert log.acknowledge(offset)
        done.add(offset)
        prefix = next((count for count, one in enumerate(offsets) if one not in done), len(offsets))
        assert log.committable == (offsets[prefix - 1] if prefix else None)
        assert (len(log), log.records) == (len(offsets) - prefix, sum(sizes[prefix:]))
