"""What Faust's own start and recovery do not survive: a broker that goes away, and a rebalance in their midst."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka.errors import GroupAuthorizationFailedError, KafkaConnectionError, KafkaError
from faust.tables.recovery import RebalanceAgain

from streams.batching import BatchApp, WorkerSettings, create_app
from streams.batching import reach as reaching


@pytest.fixture(autouse=True)
def broker_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answers(_kafka: str, _should_stop: Callable[[], bool]) -> bool:
        return True

    monkeypatch.setattr(reaching, "reach", answers)


def started(*obstacles: KafkaError) -> int:
    """How often an app prepared until it had started, when each of the obstacles came up once."""
    runs = 0
    ahead = list(obstacles)

    async def prepare(_app: BatchApp) -> None:
        nonlocal runs
        runs += 1
        if ahead:
            raise ahead.pop(0)

    app = create_app(WorkerSettings("start", "127.0.0.1:1", session_timeout=6), prepare)
    asyncio.run(app.on_first_start())
    return runs


def test_a_broker_that_goes_away_while_a_worker_starts_is_waited_for() -> None:
    assert started() == 1
    assert started(KafkaConnectionError("closed"), KafkaConnectionError("closed")) == 3


def test_what_the_broker_refuses_is_not_asked_for_again() -> None:
    with pytest.raises(GroupAuthorizationFailedError):
        started(GroupAuthorizationFailedError())


def test_a_recovery_goes_no_step_on_after_partitions_were_assigned_anew() -> None:
    steps: list[str] = []

    async def step(name: str) -> None:
        steps.append(name)

    async def recover() -> None:
        app: Any = create_app(WorkerSettings("recovery", "127.0.0.1:1", session_timeout=6))
        recovery = app.tables.recovery
        await recovery._wait(step("before"))
        recovery.signal_recovery_start.set()
        await recovery._wait(step("after"))

    with pytest.raises(RebalanceAgain):
        asyncio.run(recover())
    assert steps == ["before"]
