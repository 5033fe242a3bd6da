"""Restitching on real brokers, a real worker and sink and the real engine, while the stream goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import cast

import pytest

from schemas.rows import DeadLetter
from sinks.clickhouse.settings import ClickHouseSettings
from tests.omnitrack.pipeline import TEN_DAYS, UNLIMITED, Pipeline, ago
from tests.streams.worker import touchpoint
from tests.support.brokers import Broker
from tests.support.page import Page


@pytest.fixture
def pipeline(broker: Broker, topic_prefix: str, clickhouse: ClickHouseSettings, tmp_path: Path) -> Iterator[Pipeline]:
    running = Pipeline(broker, topic_prefix, clickhouse, tmp_path)
    try:
        yield running
    finally:
        running.end()


def referral(event_id: str, customer: str, days: float) -> bytes:
    """A call that refers the customer to a branch."""
    return touchpoint(
        event_id,
        customer,
        ago(days),
        outcome="referred",
        referral={"to_channel": "branch", "due_at": ago(days - 2)},
    )


@contextmanager
def live_traffic(pipeline: Pipeline) -> Iterator[None]:
    """Touchpoints of today, of all customers, that go on until the block ends."""
    stop = Event()

    def publish() -> None:
        for number in count():
            if stop.wait(0.05):
                return
            customer = f"C-{number % 20}"
            pipeline.publish(touchpoint(f"live-{number}", customer, ago(0), intent="transfer"))

    thread = Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_what_came_too_late_is_taken_in_while_the_stream_goes_on(pipeline: Pipeline) -> None:
    pipeline.start_worker(UNLIMITED)
    customers = [f"C-{number}" for number in range(20)]
    pipeline.publish(*(referral(f"old-{customer}", customer, 20) for customer in customers))
    pipeline.drain()
    page = Page()
    pipeline.settings["OMNITRACK_METRICS_PORT"] = str(page.port)
    pipeline.start_worker(TEN_DAYS)
    assert pipeline.worker is not None
    pipeline.streams.settled(page, pipeline.worker)
    late = [touchpoint(f"late-{customer}", customer, ago(19), session_id=f"s-{customer}") for customer in customers]
    pipeline.publish(
        *late,
        touchpoint("late-linked", "C-3", ago(18), identities={"customer_no": "C-3", "device": "d-1"}),
        touchpoint("late-device", "", ago(17.9), identities={"device": "d-1"}),
        touchpoint("late-unknown", "", ago(17), identities={"phone": "p-'1\\"}),
        touchpoint("old-C-4", "C-4", ago(20), intent="transfer"),
    )
    pipeline.drain()
    report = pipeline.restitch("--all", exit_code=1)
    tables = {table["table"]: table for table in report["tables"]}
    assert report["differing"] == 21
    assert (report["letters"], tables["dead_letters"]["gone"], tables["touchpoints"]["new"]) == (23, 23, 23)
    assert {example["kind"] for example in report["examples"]} >= {"changed", "new", "gone"}
    with live_traffic(pipeline):
        report = pipeline.restitch("--all", "--apply", exit_code=0)
        assert report["applied"]["customers"] >= 21
    pipeline.drain()
    assert pipeline.differs() == []
    letters = cast("list[DeadLetter]", pipeline.rows("dead_letters"))
    assert [letter.reason for letter in letters] == ["conflict"]
    assert pipeline.audit()["adds_up"]
    again = pipeline.restitch("--all", "--apply", exit_code=0)
    assert (again["differing"], again["applied"]["customers"]) == (0, 0)
