"""Items so many at a time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.batched import batched


@given(st.lists(st.integers()), st.integers(1, 9))
def test_all_come_once_in_order_and_only_the_last_batch_is_short(items: list[int], count: int) -> None:
    batches = list(batched(items, count))
    assert [item for batch in batches for item in batch] == items
    assert all(len(batch) == count for batch in batches[:-1])
    assert all(batches)


def test_no_item_is_taken_before_it_is_asked_for() -> None:
    items = iter(range(5))
    assert next(batched(items, 2)) == [0, 1]
    assert next(items) == 2
