"""Large batches are stitched in a thread: what comes of them is the same, and the worker goes on meanwhile."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from schemas.touchpoint import encode_customer_record
from streams.agents import stitch as stitching
from streams.batching import Batch
from tests.streams.agents.fake_record import NOW, FakeRecord
from tests.streams.agents.stitch_bench import PARTITION, TOPICS, Bench, FakeDelivery, arrival
from tests.support.compiled import compiled_only

pytestmark = compiled_only


class SlowCore:
    """A core that is not done before it is told to be."""

    def __init__(self, core: Any) -> None:
        self._core = core
        self.begun, self.go_on = threading.Event(), threading.Event()

    def advance(self, *given: Any) -> Any:
        self.begun.set()
        assert self.go_on.wait(10)
        return self._core.advance(*given)


class Revocable(FakeDelivery):
    """The delivery of a batch whose partition may move to another process."""

    def __init__(self) -> None:
        super().__init__()
        self.current = True

    async def confirm(self) -> bool:
        return self.current


@pytest.mark.parametrize("many", [1, 1_000_000])
def test_rows_and_states_are_those_of_a_batch_that_is_stitched_in_place(
    many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stitching, "MANY", many)
    bench, python = Bench(), Bench(compiled=False)
    for number in range(6):
        each = [(f"C-{customer}", arrival(f"e{number}", NOW - customer, number)) for customer in range(4)]
        for one in (bench, python):
            assert one.feed(*each, ("C-1", b"\xc1 junk"))
    for topic in (TOPICS.stitched, TOPICS.journeys, TOPICS.dead):
        assert sorted(bench.publisher.records(topic)) == sorted(python.publisher.records(topic))
    assert bench.states.data[PARTITION].keys() == python.states.data[PARTITION].keys()


@pytest.mark.parametrize("moves", [False, True])
def test_the_loop_goes_on_meanwhile_and_who_loses_the_partition_writes_nothing(
    moves: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stitching, "MANY", 1)
    bench = Bench()
    core = SlowCore(bench.stitch._core)
    bench.stitch._core = core  # type: ignore[assignment]
    records = [FakeRecord(0, b"C-1", encode_customer_record(arrival("e1", NOW)))]

    async def stitch() -> bool:
        delivery = Revocable()
        task = asyncio.create_task(bench.stitch(Batch(TOPICS.customer, PARTITION, records, 1), delivery, NOW))
        assert await asyncio.to_thread(core.begun.wait, 10)
        assert not task.done()
        delivery.current = not moves
        core.go_on.set()
        await task
        return delivery.acknowledged

    assert asyncio.run(stitch()) is not moves
    assert bool(bench.publisher.sent) is not moves
    assert (b"C-1" in bench.states.data[PARTITION]) is not moves
