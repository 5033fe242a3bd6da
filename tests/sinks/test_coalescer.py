"""Batches that arrive close together share one write, and each waits for its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.coalescer import Coalescer
from tests.support import virtual_time

MAX = 10


class Store:
    """Keeps what is written; watches how much is written at once."""

    def __init__(self, seconds: float = 0.0, fail_on: frozenset[int] = frozenset()) -> None:
        self.writes: list[list[int]] = []
        self.under_way = 0
        self.overlapped = False
        self._seconds = seconds
        self._fail_on = fail_on

    @property
    def written(self) -> list[int]:
        return [item for write in self.writes for item in write]

    async def write(self, items: Sequence[int]) -> None:
        self.under_way += 1
        self.overlapped |= self.under_way > 1
        await asyncio.sleep(self._seconds)
        self.under_way -= 1
        if self._fail_on.intersection(items):
            raise OSError("the store is broken")
        self.writes.append(list(items))


sizes = st.lists(st.integers(0, 2 * MAX), max_size=12)
pauses = st.sampled_from([0.0, 0.0, 0.001, 0.004])
lingers = st.sampled_from([0.0, 0.002])


@given(sizes=sizes, linger=lingers, interval=st.sampled_from([0.0, 0.003]), seconds=pauses, data=st.data())
def test_every_item_is_written_once_in_order_before_its_add_returns(
    sizes: list[int], linger: float, interval: float, seconds: float, data: st.DataObject
) -> None:
    store = Store(seconds)
    ends = [sum(sizes[: index + 1]) for index in range(len(sizes))]
    batches = [list(range(end - size, end)) for size, end in zip(sizes, ends, strict=True)]
    waits = [data.draw(pauses) for _ in sizes]

    async def add(coalescer: Coalescer[int], batch: list[int]) -> None:
        await coalescer.add(batch)
        assert set(batch) <= set(store.written)

    async def run() -> None:
        coalescer = Coalescer(store.write, max_items=MAX, linger=linger, interval=interval)
        tasks = []
        for batch, wait in zip(batches, waits, strict=True):
            tasks.append(asyncio.create_task(add(coalescer, batch)))
            await asyncio.sleep(wait)
        await asyncio.gather(*tasks)

    virtual_time.run(run())
    assert sorted(store.written) == list(range(sum(sizes)))
    assert not store.overlapped
    assert all(len(write) <= max(MAX, *sizes, 0) for write in store.writes)
    for batch in batches:
        assert [item for item in store.written if item in batch] == batch


def test_batches_of_a_moment_share_one_write() -> None:
    store = Store()

    async def run() -> None:
        coalescer = Coalescer(store.write, max_items=MAX, linger=0.02)
        await asyncio.gather(*(coalescer.add([number]) for number in range(5)))

    virtual_time.run(run())
    assert store.writes == [[0, 1, 2, 3, 4]]


def test_a_full_group_does_not_linger() -> None:
    store = Store()

    async def run() -> None:
        coalescer = Coalescer(store.write, max_items=2, linger=60.0)
        await asyncio.wait_for(asyncio.gather(coalescer.add([1]), coalescer.add([2])), 5)

    virtual_time.run(run())
    assert store.writes == [[1, 2]]


def test_a_write_waits_out_the_interval_since_the_last_one_unless_it_is_full() -> None:
    store = Store()

    async def run() -> None:
        coalescer = Coalescer(store.write, max_items=3, linger=0.0, interval=60.0)
        await asyncio.wait_for(coalescer.add([0]), 5)
        waiting = asyncio.create_task(coalescer.add([1]))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(waiting), 50)
        await asyncio.wait_for(asyncio.gather(waiting, coalescer.add([2, 3])), 5)

    virtual_time.run(run())
    assert store.writes == [[0], [1, 2, 3]]


def test_what_comes_after_the_interval_does_not_wait_for_it() -> None:
    store = Store()

    async def run() -> None:
        coalescer = Coalescer(store.write, max_items=MAX, linger=0.0, interval=60.0)
        for number in range(3):
            begun = asyncio.get_running_loop().time()
            await coalescer.add([number])
            assert asyncio.get_running_loop().time() == begun
            await asyncio.sleep(60.0)

    virtual_time.run(run())
    assert store.writes == [[0], [1], [2]]


def test_what_comes_during_a_write_waits_within_bounds_and_goes_together() -> None:
    store = Store(seconds=0.02)

    async def run() -> None:
        coalescer = Coalescer(store.write, max_items=4, linger=0.0)
        first = asyncio.create_task(coalescer.add([0]))
        await asyncio.sleep(0.01)
        await asyncio.gather(first, *(coalescer.add([number]) for number in range(1, 7)))

    virtual_time.run(run())
    assert store.writes == [[0], [1, 2, 3, 4], [5, 6]]


def test_a_failed_write_is_told_to_those_whose_items_it_held_and_to_no_other() -> None:
    store = Store(fail_on=frozenset({1}))

    async def run() -> list[BaseException | None]:
        coalescer = Coalescer(store.write, max_items=2, linger=0.0)
        return await asyncio.gather(*(coalescer.add([number]) for number in range(4)), return_exceptions=True)

    outcomes = virtual_time.run(run())
    assert [type(outcome) for outcome in outcomes] == [OSError, OSError, type(None), type(None)]
    assert store.writes == [[2, 3]]


def test_a_cancelled_add_disturbs_no_other_of_its_write() -> None:
    store = Store(seconds=0.01)

    async def run() -> None:
        coalescer = Coalescer(store.write, max_items=MAX, linger=0.005)
        impatient = asyncio.create_task(coalescer.add([1]))
        patient = asyncio.create_task(coalescer.add([2]))
        await asyncio.sleep(0.001)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        await patient

    virtual_time.run(run())
    assert store.writes == [[1, 2]]
