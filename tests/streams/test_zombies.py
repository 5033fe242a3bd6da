"""A worker that was stopped for longer than its session, or whose name another took, changes nothing any more."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from schemas.rows import TouchpointRow
from schemas.topics import Topics
from tests.streams.worker import GIVE_UP_SECONDS, Deployment, eventually, touchpoint
from tests.support.brokers import Broker
from tests.support.child import Child
from tests.support.page import Page

START = datetime.now(UTC) - timedelta(days=1)
CUSTOMERS, EACH = 1_000, 60


@pytest.fixture
def deployment(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> Deployment:
    made = Deployment(apache_kafka, Topics(topic_prefix), tmp_path)
    made.create_topics()
    return made


@pytest.fixture
def workers() -> Iterator[list[Child]]:
    """All workers of a test, killed after it, stopped ones as well."""
    started: list[Child] = []
    yield started
    for child in started:
        child.kill()


def load() -> Iterator[bytes]:
    for number in range(CUSTOMERS * EACH):
        yield touchpoint(f"e{number}", f"C-{number % CUSTOMERS}", (START + timedelta(seconds=number)).isoformat())


def written(deployment: Deployment) -> dict[str, int]:
    """How many records every topic that a worker writes to has ever got."""
    topics = deployment.topics
    return {topic: deployment.ends(topic) for topic in (topics.customer, topics.state, *topics.outputs)}


def test_a_worker_stopped_past_its_session_changes_nothing_when_it_wakes(
    deployment: Deployment, workers: list[Child]
) -> None:
    published = deployment.publish(load())
    page = Page()
    deployment.settings["OMNITRACK_METRICS_PORT"] = str(page.port)
    sleeper = deployment.start_worker()
    workers.append(sleeper)
    del deployment.settings["OMNITRACK_METRICS_PORT"]
    eventually("some work", lambda: deployment.ends(deployment.topics.stitched) > 0.3 * published, sleeper)
    sleeper.process.send_signal(signal.SIGSTOP)
    heir = deployment.start_worker()
    workers.append(heir)
    deployment.done(published, heir)
    before, joined = written(deployment), sleeper.log.read_text().count("Joined group")
    sleeper.process.send_signal(signal.SIGCONT)
    eventually("back in the group", lambda: sleeper.log.read_text().count("Joined group") > joined, sleeper)
    eventually("ready again", lambda: page.get("/ready")[0] == 200, sleeper)
    assert written(deployment) == before
    assert sleeper.is_running
    assert touchpoints_of(deployment) == {f"e{number}" for number in range(published)}


def touchpoints_of(deployment: Deployment) -> set[str]:
    found = deployment.read(deployment.topics.stitched)
    return {msgspec.msgpack.decode(value, type=TouchpointRow).touchpoint.event_id for _, _, value in found}


def test_of_two_workers_of_one_name_the_older_ends_and_says_why(deployment: Deployment, workers: list[Child]) -> None:
    deployment.settings["OMNITRACK_GROUP_INSTANCE"] = "one"
    older = deployment.start_worker()
    workers.append(older)
    deployment.ready(older)
    newer = deployment.start_worker()
    workers.append(newer)
    assert older.process.wait(GIVE_UP_SECONDS) != 0
    assert "another process has joined the group as 'one'" in older.log.read_text()
    deployment.ready(newer)
    published = deployment.publish([touchpoint("e", "C-1", START.isoformat())])
    deployment.done(published, newer)


def test_a_named_worker_that_restarts_within_its_session_moves_no_partition(
    deployment: Deployment, workers: list[Child]
) -> None:
    deployment.settings["OMNITRACK_SESSION_TIMEOUT"] = "60"
    for name in ("one", "two"):
        deployment.settings["OMNITRACK_GROUP_INSTANCE"] = name
        # One after the other: those that join together have one generation.
        workers.append(deployment.start_worker())
        deployment.ready(workers[-1])
    eventually("two members", lambda: "generation 2" in workers[0].log.read_text(), workers[0])
    generations = [worker.log.read_text().count("Joined group") for worker in workers]
    workers[1].kill()
    again = deployment.start_worker()
    workers.append(again)
    deployment.ready(again)
    published = deployment.publish(touchpoint(f"e{one}", f"C-{one}", START.isoformat()) for one in range(100))
    deployment.done(published, again)
    assert workers[0].log.read_text().count("Joined group") == generations[0]
