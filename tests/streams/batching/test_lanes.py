"""Items of a lane go one after the other, in order; lanes do not wait for each other."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from streams.batching.lanes import Lanes


def alike(_item: object) -> float:
    return 1.0


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30), st.integers(1, 4))
def test_a_lane_keeps_its_order_and_has_one_item_in_work(puts: list[tuple[int, int]], at_once: int) -> None:
    done: defaultdict[int, list[int]] = defaultdict(list)
    in_work: defaultdict[int, int] = defaultdict(int)

    async def work(item: tuple[int, int, int]) -> None:
        lane, number, pauses = item
        in_work[lane] += 1
        assert in_work[lane] == 1
        assert sum(in_work.values()) <= at_once
        for _ in range(pauses):
            await asyncio.sleep(0)
        in_work[lane] -= 1
        done[lane].append(number)

    async def run() -> None:
        lanes: Lanes[tuple[int, int, int]] = Lanes(work, lambda item: item[2], alike, at_once)
        for number, (lane, pauses) in enumerate(puts):
            lanes.put(lane, (lane, number, pauses))
            if number % 3 == 0:
                await asyncio.sleep(0)
        await lanes.idle()

    asyncio.run(run())
    for lane in {lane for lane, _ in puts}:
        assert done[lane] == [number for number, (one, _) in enumerate(puts) if one == lane]


def test_a_lane_that_waits_does_not_hold_up_another() -> None:
    async def run() -> list[str]:
        released, done = asyncio.Event(), []

        async def work(item: str) -> None:
            if item == "waits":
                await released.wait()
            done.append(item)
            released.set()

        lanes: Lanes[str] = Lanes(work, len, alike, 2)
        lanes.put(0, "waits")
        lanes.put(1, "goes")
        await asyncio.wait_for(lanes.idle(), 60)
        return done

    assert asyncio.run(run()) == ["goes", "waits"]


def test_of_the_lanes_that_wait_the_lowest_rank_goes_first() -> None:
    async def run() -> list[int]:
        done: list[int] = []

        async def work(item: int) -> None:
            await asyncio.sleep(0)
            done.append(item)

        lanes: Lanes[int] = Lanes(work, float, alike, 1)
        for item in (5, 9, 2, 7):
            lanes.put(item, item)
        await asyncio.wait_for(lanes.idle(), 60)
        return done

    assert asyncio.run(run()) == [5, 2, 7, 9]


@given(st.lists(st.sampled_from([0.25, 0.5, 1.0, 3.0]), max_size=30))
def test_many_light_items_are_in_work_at_once_or_few_heavy_ones_or_one_that_is_too_heavy(weights: list[float]) -> None:
    in_work: list[float] = []
    most = 0.0

    async def work(item: tuple[int, float]) -> None:
        nonlocal most
        in_work.append(item[1])
        most = max(most, sum(in_work))
        assert sum(in_work) <= 2.0 or len(in_work) == 1
        await asyncio.sleep(0)
        in_work.remove(item[1])

    async def run() -> None:
        lanes: Lanes[tuple[int, float]] = Lanes(work, lambda item: item[0], lambda item: item[1], 2.0)
        for number, weight in enumerate(weights):
            lanes.put(number, (number, weight))
        await asyncio.wait_for(lanes.idle(), 60)

    asyncio.run(run())
    assert not in_work
    if sum(weights) >= 2.0:
        assert most > 1.0
