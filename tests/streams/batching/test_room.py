"""How much of a partition is taken before any of it is acknowledged: few full batches, or many small ones."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from omnitrack.sink import create_sink
from sinks.clickhouse.settings import ClickHouseSettings
from streams.batching import Bounds
from streams.settings import StreamSettings

FULL = 100

FEW = Bounds(pending_batches=2)
MANY = replace(FEW, pending_small=5)


@given(st.lists(st.integers(0, FULL), max_size=12))
def test_the_records_held_are_never_more_than_those_of_as_many_full_batches(sizes: list[int]) -> None:
    held: list[int] = []
    for size in sizes:
        if MANY.have_room(len(held), sum(held), FULL):
            held.append(size)
    assert sum(held) <= 2 * FULL
    assert len(held) >= min(2, len(sizes))
    assert len(held) == min(len(sizes), 5) or sum(held) > FULL


@given(st.integers(0, 8), st.integers(0, 8 * FULL))
def test_without_a_word_about_small_batches_each_counts(batches: int, records: int) -> None:
    assert FEW.have_room(batches, records, FULL) == (batches < 2)


def test_the_sink_takes_what_comes_while_an_insert_is_under_way() -> None:
    """Else it would miss the next INSERT, and be stored one interval later."""
    sink = create_sink(StreamSettings(), ClickHouseSettings())
    assert sink.has_room("omnitrack.stitched", 30, 30 * 100)
    assert not sink.has_room("omnitrack.stitched", 3, 3 * 5_000)
