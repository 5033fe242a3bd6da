"""A failing batch is retried in place, is never acknowledged by failing, and is dropped when its partition moves."""

from __future__ import annotations

import asyncio
import weakref
from dataclasses import dataclass, field
from typing import Any

import pytest

from streams.batching.batch import Batch, Delivery
from streams.batching.delivering import deliver
from tests.support.collector import no_collector

BATCH = Batch("t", 0, (), 10)


@dataclass(slots=True)
class FakeDelivery:
    current: bool = True
    acknowledged: int = 0
    stage: str = "odd"

    def is_current(self) -> bool:
        return self.current

    async def confirm(self) -> bool:
        return self.current

    def acknowledge(self) -> None:
        self.acknowledged += 1


@dataclass(slots=True)
class FlakyHandler:
    """Fails the first `failures` times; may lose the partition while doing so."""

    failures: int
    loses_partition: bool = False
    calls: int = 0
    seen: list[Batch] = field(default_factory=list)

    async def __call__(self, batch: Batch, delivery: Delivery) -> None:
        self.calls += 1
        self.seen.append(batch)
        if self.calls <= self.failures:
            if self.loses_partition and isinstance(delivery, FakeDelivery):
                delivery.current = False
            raise ConnectionError(f"attempt {self.calls}")
        delivery.acknowledge()


def test_a_batch_is_retried_in_place_until_it_succeeds() -> None:
    handler, delivery = FlakyHandler(failures=2), FakeDelivery()
    asyncio.run(deliver(BATCH, delivery, handler, retry_seconds=10))
    assert (handler.calls, delivery.acknowledged) == (3, 1)
    assert handler.seen == [BATCH] * 3


def test_the_last_error_comes_out_when_retrying_has_taken_too_long() -> None:
    handler, delivery = FlakyHandler(failures=1_000), FakeDelivery()
    with pytest.raises(ConnectionError):
        asyncio.run(deliver(BATCH, delivery, handler, retry_seconds=0.2))
    assert handler.calls > 1
    assert delivery.acknowledged == 0


def test_a_batch_of_a_partition_that_moved_is_left_to_its_new_owner() -> None:
    handler, delivery = FlakyHandler(failures=1, loses_partition=True), FakeDelivery()
    asyncio.run(deliver(BATCH, delivery, handler, retry_seconds=10))
    assert (handler.calls, delivery.acknowledged) == (1, 0)


class Records(list[Any]):
    """Records of which it can be seen when they go."""


def test_a_batch_goes_once_it_is_done() -> None:
    with no_collector():
        records = Records()
        held = weakref.ref(records)
        handler = FlakyHandler(failures=0)
        asyncio.run(deliver(Batch("t", 0, records, 10), FakeDelivery(), handler, retry_seconds=10))
        del records, handler
        assert held() is None
