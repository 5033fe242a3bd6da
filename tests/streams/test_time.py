"""Deadlines pass on time, whatever happens to workers; and no alarm is false, however far behind the streams are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import msgspec
import pytest

from schemas.rows import HandoffRow
from schemas.topics import Topics
from tests.streams.worker import Deployment, eventually, touchpoint
from tests.support.brokers import Broker
from tests.support.child import Child
from tests.support.page import Page

DAYS = 365
CUSTOMERS = 40


@pytest.fixture
def deployment(broker: Broker, topic_prefix: str, tmp_path: Path) -> Deployment:
    made = Deployment(broker, Topics(topic_prefix), tmp_path)
    made.create_topics()
    return made


@pytest.fixture
def on_kafka(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> Deployment:
    made = Deployment(apache_kafka, Topics(topic_prefix), tmp_path)
    made.create_topics()
    return made


@pytest.fixture
def workers() -> Iterator[list[Child]]:
    """All workers of a test, killed after it."""
    started: list[Child] = []
    yield started
    for child in started:
        child.kill()


def start(deployment: Deployment, workers: list[Child]) -> Child:
    worker = deployment.start_worker()
    workers.append(worker)
    return worker


def referred(event_id: str, customer: str, at: datetime, due_at: datetime) -> bytes:
    """WeChat sends a customer to a branch, who has to be there by `due_at`."""
    referral = {"to_channel": "branch", "due_at": due_at.isoformat()}
    return touchpoint(event_id, customer, at.isoformat(), outcome="referred", referral=referral)


def handoffs(deployment: Deployment) -> list[HandoffRow]:
    return [msgspec.json.decode(value, type=HandoffRow) for _, _, value in deployment.read(deployment.topics.handoffs)]


def lost(deployment: Deployment, customer: str) -> list[HandoffRow]:
    rows = (row for row in handoffs(deployment) if row.customer_id == customer)
    return [row for row in rows if row.failures == ("lost",) and not row.is_deleted]


def is_lost_in_time(deployment: Deployment, customer: str, due_at: datetime, worker: Child) -> bool:
    """Whether the customer's row says `lost` at last, by its version not before the deadline.

    How soon after it is held by `test_a_deadline_is_seen_within_five_seconds_while_nothing_comes`, without this
    machine's clock.
    """
    eventually("the deadline", lambda: bool(lost(deployment, customer)), worker)
    return lost(deployment, customer)[0].version / 1000 > due_at.timestamp()


def test_a_deadline_passes_without_any_touchpoint(deployment: Deployment, workers: list[Child]) -> None:
    worker = start(deployment, workers)
    deployment.ready(worker)
    now = datetime.now(UTC)
    due_at = now + timedelta(seconds=6)
    deployment.publish([referred("e", "C-1", now, due_at)])
    assert is_lost_in_time(deployment, "C-1", due_at, worker)


def test_a_deadline_that_passed_while_no_worker_ran_passes_with_the_next_one(
    on_kafka: Deployment, workers: list[Child]
) -> None:
    customer, due_at = known_when_no_worker_runs(on_kafka, workers)
    assert lost(on_kafka, customer) == []
    eventually("the deadline", lambda: datetime.now(UTC) > due_at)
    second = start(on_kafka, workers)
    assert is_lost_in_time(on_kafka, customer, due_at, second)


def known_when_no_worker_runs(deployment: Deployment, workers: list[Child]) -> tuple[str, datetime]:
    """A customer and a deadline that the only worker knew of, and did not live to see."""
    for number, seconds in enumerate((10, 60), 1):  # a busy machine may take longer than the first
        worker = start(deployment, workers)
        deployment.ready(worker)
        customer, now = f"C-{number}", datetime.now(UTC)
        due_at = now + timedelta(seconds=seconds)
        deployment.publish([referred(f"e{number}", customer, now, due_at)])
        deployment.done(number, worker)
        worker.kill()
        if datetime.now(UTC) < due_at:
            return customer, due_at
    pytest.fail(f"a worker did not take in a record within {seconds} s")


def year(now: datetime) -> dict[str, Iterator[bytes]]:
    """A year of customers who are sent to a branch by WeChat, and come two days later, a day before the deadline.

    The branches write twelve times as much as WeChat, of people who come by themselves.
    """
    names = count()

    def wechat() -> Iterator[bytes]:
        for day in range(DAYS):
            at = now - timedelta(days=DAYS - day)
            for customer in range(CUSTOMERS):
                if (customer + day) % 10 == 0:
                    yield referred(f"w{next(names)}", f"C-{customer}", at, at + timedelta(days=3))

    def branch() -> Iterator[bytes]:
        for day in range(DAYS - 1):
            at = now - timedelta(days=DAYS - day) + timedelta(hours=5)
            for customer in range(CUSTOMERS):
                if (customer + day - 2) % 10 == 0:
                    yield touchpoint(f"b{next(names)}", f"C-{customer}", at.isoformat(), "branch", outcome="succeeded")
            for number in range(CUSTOMERS * 12 // 10):
                yield touchpoint(f"b{next(names)}", f"walk-in-{day}-{number}", at.isoformat(), "branch")

    return {"wechat": wechat(), "branch": branch()}


def test_a_year_s_backlog_raises_no_alarm_that_is_taken_back(
    on_kafka: Deployment, workers: list[Child], tmp_path: Path
) -> None:
    """Two workers, of which one dies amid the backlog; the channels are ingested at very different paces."""
    catalogue = tmp_path / "catalogue.yaml"
    catalogue.write_text("horizon: unlimited\n")
    on_kafka.settings["OMNITRACK_CATALOGUE"] = str(catalogue)
    now = datetime.now(UTC)
    published = sum(on_kafka.publish(values, channel) for channel, values in year(now).items())
    page = Page()
    on_kafka.settings["OMNITRACK_METRICS_PORT"] = str(page.port)
    start(on_kafka, workers)
    del on_kafka.settings["OMNITRACK_METRICS_PORT"]
    start(on_kafka, workers)
    eventually("some work", lambda: on_kafka.ends(on_kafka.topics.stitched) > 0.3 * published, workers[0])
    workers[1].kill()
    on_kafka.done(published, workers[0])
    on_kafka.settled(page, workers[0])
    rows = handoffs(on_kafka)
    latest = {row.handoff_id: row for row in sorted(rows, key=lambda row: row.version)}
    alarms = {row.handoff_id for row in rows if row.failures == ("lost",) and not row.is_deleted}
    kept = {name for name, row in latest.items() if row.failures == ("lost",) and not row.is_deleted}
    assert alarms == kept
    met = [row for row in latest.values() if row.arrived_at is not None and not row.is_deleted]
    assert len(met) > 0.9 * DAYS * CUSTOMERS / 10
