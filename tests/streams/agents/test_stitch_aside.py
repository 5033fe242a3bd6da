"""Large batches are stitched in a thread: what comes of them is the same, and the worker goes on meanwhile."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any

import msgspec
import pytest

from schemas.rows import TouchpointRow
from schemas.touchpoint import Arrival, Withdrawal, encode_customer_record
from streams.agents import stitch as stitching
from streams.attempts import Attempts
from streams.batching import Batch, Outgoing, Write
from tests.streams.agents.fake_record import NOW, FakeRecord
from tests.streams.agents.stitch_bench import PARTITION, TOPICS, Bench, FakeDelivery, FakePublisher, FakeStates, arrival
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
    monkeypatch.setattr(bench.stitch, "_core", core)
    records = [FakeRecord(0, b"C-1", encode_customer_record(arrival("e1", NOW)))]

    async def stitch() -> bool:
        delivery = Revocable()
        task = asyncio.create_task(bench.stitch(Batch(TOPICS.customer, PARTITION, records, 1), delivery, NOW))
        assert await asyncio.to_thread(core.begun.wait, 60)
        assert not task.done()
        delivery.current = not moves
        core.go_on.set()
        await task
        return delivery.acknowledged

    assert asyncio.run(stitch()) is not moves
    assert bool(bench.publisher.sent) is not moves
    assert (b"C-1" in bench.states.data[PARTITION]) is not moves


class Haste(Random):
    """Waits for as long as it likes, in a thread or in the loop."""

    def seconds(self) -> float:
        return self.choice((0.0, 0.0, 0.001, 0.003))

    async def wait(self) -> None:
        await asyncio.sleep(self.seconds())

    async def interrupt(self, delivery: Revocable, work: asyncio.Task[None]) -> None:
        """Perhaps the partition moves, or the work is cancelled, at any step of it."""
        what = self.choice(("nothing", "nothing", "moves", "cancelled"))
        await self.wait()
        if what == "moves":
            delivery.current = False
        elif what == "cancelled":
            work.cancel()


class HastyCore(SlowCore):
    """A core that takes its time, in the thread that it is called in."""

    def __init__(self, core: Any, haste: Haste) -> None:
        super().__init__(core)
        self._haste = haste

    def advance(self, *given: Any) -> Any:
        time.sleep(self._haste.seconds())
        done = self._core.advance(*given)
        time.sleep(self._haste.seconds())
        return done


class HastyStates(FakeStates):
    def __init__(self, haste: Haste) -> None:
        super().__init__()
        self._haste = haste

    async def write_batch(self, partition: int, groups: Iterable[Sequence[Write]]) -> None:
        await self._haste.wait()
        await super().write_batch(partition, groups)


class HastyPublisher(FakePublisher):
    def __init__(self, haste: Haste) -> None:
        super().__init__()
        self._haste = haste

    async def send(self, outgoing: Iterable[Outgoing]) -> None:
        await self._haste.wait()
        await super().send(outgoing)


def batches_of(partition: int, random: Random) -> list[Batch]:
    """Batches of a few customers' touchpoints, some of them late, and some withdrawn again."""
    batches, offset = [], 0
    for number in range(8):
        records = []
        for _ in range(random.randint(1, 15)):
            customer, at = f"C-{partition}-{random.randint(1, 3)}", NOW + (number - random.randint(0, 3)) * 60_000
            one = arrival(f"e{partition}-{random.randint(1, 60)}", at, offset)
            kinds: list[Arrival | Withdrawal] = [one]
            if random.random() < 0.1:
                kinds.append(Withdrawal(*one.name, one.at, one.origin))
            records += [FakeRecord(offset, customer.encode(), encode_customer_record(kind)) for kind in kinds]
            offset += len(kinds)
        batches.append(Batch(TOPICS.customer, partition, records, offset))
    return batches


decode = msgspec.msgpack.Decoder(TouchpointRow).decode


def come_to(partitions: Mapping[int, list[Batch]], haste: Haste | None) -> Any:
    """Where touchpoints are in the end, and who is due when; `haste` None: one batch after the other, undisturbed."""
    bench = Bench(
        states=FakeStates() if haste is None else HastyStates(haste),
        publisher=FakePublisher() if haste is None else HastyPublisher(haste),
    )
    agent: Any = bench.stitch
    core = agent._core
    bench.states.data.update({partition: core.states() for partition in partitions})
    bench.stitch.recover(partitions)
    if haste is not None:
        agent._core = HastyCore(core, haste)
    handler = Attempts(bench.stitch, bench.states, lambda batch: NOW + batch.next_offset)

    async def take(batches: list[Batch]) -> None:
        for batch in batches:
            delivery = Revocable()
            while not delivery.acknowledged:
                delivery = Revocable()
                work = asyncio.create_task(handler(batch, delivery))
                if haste is not None:
                    await haste.interrupt(delivery, work)
                with suppress(asyncio.CancelledError):
                    await work

    async def take_all() -> None:
        if haste is None:
            for batches in partitions.values():
                await take(batches)
        else:
            await asyncio.gather(*map(take, partitions.values()))

    asyncio.run(take_all())
    due = {partition: dict(bench.stitch.times[partition].due._due) for partition in partitions}
    assert due == {partition: dict(core.due(state)) for partition, state in bench.states.data.items()}
    sent = bench.publisher.records(TOPICS.stitched)
    rows = {(row.customer_id, row.touchpoint.order): row for row in (decode(value) for _, value in sent)}
    return {key: msgspec.structs.replace(row, version=0) for key, row in rows.items() if not row.is_deleted}, due


@pytest.mark.parametrize("seed", range(6))
def test_partitions_at_once_come_to_what_they_come_to_one_after_the_other(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stitching, "MANY", 1)
    partitions = {partition: batches_of(partition, Random(seed + partition)) for partition in range(4)}
    assert come_to(partitions, Haste(seed)) == come_to(partitions, None)
