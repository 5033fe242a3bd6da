"""The streams' worker on real brokers: bad records, restarts and SIGKILL lose nothing, count nothing twice."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest

from schemas.rows import DeadLetter, JourneyRow, TouchpointRow
from schemas.topics import Topics
from streams.placing import place
from tests.streams.worker import GIVE_UP_SECONDS, LONG_SESSION, PARTITIONS, Deployment, eventually, touchpoint
from tests.support.apache_kafka import ApacheKafka
from tests.support.brokers import Broker
from tests.support.child import Child

START = datetime.now(UTC) - timedelta(days=1)
STOP_SECONDS = 30.0
"""What `omnitrack up` allows between SIGTERM and SIGKILL."""


@pytest.fixture
def deployment(broker: Broker, topic_prefix: str, tmp_path: Path) -> Deployment:
    return Deployment(broker, Topics(topic_prefix), tmp_path)


@pytest.fixture
def on_kafka(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> Deployment:
    return Deployment(apache_kafka, Topics(topic_prefix), tmp_path)


@pytest.fixture
def embedded(embedded_broker: Broker, topic_prefix: str, tmp_path: Path) -> Deployment:
    return Deployment(embedded_broker, Topics(topic_prefix), tmp_path)


def at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


def stitched(deployment: Deployment) -> list[TouchpointRow]:
    return [
        msgspec.msgpack.decode(value, type=TouchpointRow) for _, _, value in deployment.read(deployment.topics.stitched)
    ]


def latest_journeys(deployment: Deployment) -> dict[str, JourneyRow]:
    rows = [msgspec.json.decode(value, type=JourneyRow) for _, _, value in deployment.read(deployment.topics.journeys)]
    return {row.journey_id: row for row in sorted(rows, key=lambda row: row.version)}


def letters(deployment: Deployment) -> list[DeadLetter]:
    return [msgspec.json.decode(value, type=DeadLetter) for _, _, value in deployment.read(deployment.topics.dead)]


def test_touchpoints_become_journeys_and_bad_records_dead_letters(deployment: Deployment) -> None:
    deployment.settings |= LONG_SESSION
    deployment.create_topics()
    with deployment.worker() as worker:
        good = [touchpoint(f"e{number}", f"C-{number % 10}", at(number)) for number in range(100)]
        published = deployment.publish([*good, b"junk", touchpoint("late", "C-1", "2099-01-01T00:00:00Z")])
        deployment.done(published, worker)
    assert Counter(row.touchpoint.event_id for row in stitched(deployment)) == Counter(f"e{n}" for n in range(100))
    assert sorted(letter.reason for letter in letters(deployment)) == ["clock_ahead", "not_json"]
    assert {row.touchpoints for row in latest_journeys(deployment).values()} == {10}
    for topic in (deployment.topics.customer, deployment.topics.stitched, deployment.topics.journeys):
        places = {(key, partition) for partition, key, _ in deployment.read(topic)}
        assert places == {place(f"C-{one}", PARTITIONS) for one in range(10)}


def test_ten_thousand_bad_records_in_a_row_hold_up_nothing(on_kafka: Deployment) -> None:
    on_kafka.create_topics()
    with on_kafka.worker() as worker:
        bad = [f"junk {number}".encode() for number in range(10_000)]
        before, after = touchpoint("before", "C-1", at(0)), touchpoint("after", "C-1", at(1))
        published = on_kafka.publish([before, before.replace(b"before", b"also"), *bad, after])
        on_kafka.done(published, worker)
    assert {row.touchpoint.event_id for row in stitched(on_kafka)} == {"before", "also", "after"}
    assert len({letter.dead_letter_id for letter in letters(on_kafka)}) == len(bad)


def test_a_restarted_worker_goes_on_with_the_state_it_had(deployment: Deployment) -> None:
    deployment.create_topics()
    for number in range(2):
        with deployment.worker() as worker:
            deployment.publish(touchpoint(f"e{number}-{one}", f"C-{one}", at(number)) for one in range(200))
            deployment.done(200 * (number + 1), worker)
    journeys = latest_journeys(deployment)
    assert len(journeys) == 200
    assert {row.touchpoints for row in journeys.values()} == {2}


def test_sigkill_at_any_moment_loses_nothing_and_counts_nothing_twice(on_kafka: Deployment) -> None:
    """Two workers in turn die in the middle of the work; what they leave is the same as if none had."""
    customers, each = 500, 40
    on_kafka.create_topics()
    published = on_kafka.publish(
        touchpoint(f"e{number}", f"C-{number % customers}", at(number)) for number in range(customers * each)
    )

    def stitched_more_than(count: float) -> bool:
        return on_kafka.ends(on_kafka.topics.stitched) > count

    for share in (0.2, 0.6):
        worker = on_kafka.start_worker()
        try:
            eventually("some work", partial(stitched_more_than, share * published), worker)
        finally:
            worker.kill()
    with on_kafka.worker() as worker:
        on_kafka.done(published, worker)
    assert {row.touchpoint.event_id for row in stitched(on_kafka)} == {f"e{number}" for number in range(published)}
    journeys = latest_journeys(on_kafka)
    assert len(journeys) == customers
    assert {row.touchpoints for row in journeys.values()} == {each}
    assert letters(on_kafka) == []


def test_two_workers_share_the_partitions_and_one_takes_over_when_the_other_dies(
    on_kafka: Deployment,
) -> None:
    with on_kafka.worker() as first:
        on_kafka.ready(first)
        second = on_kafka.start_worker()
        try:
            on_kafka.ready(second)
            on_kafka.publish(touchpoint(f"a{one}", f"C-{one}", at(0)) for one in range(100))
            on_kafka.done(100, first)
        finally:
            second.kill()
        published = 100 + on_kafka.publish(touchpoint(f"b{one}", f"C-{one}", at(1)) for one in range(100))
        on_kafka.done(published, first)
    journeys = latest_journeys(on_kafka)
    assert len(journeys) == 100
    assert {row.touchpoints for row in journeys.values()} == {2}


def waits(worker: Child) -> bool:
    return "waiting for Kafka at" in worker.log.read_text()


def test_without_a_broker_a_worker_waits_to_start_and_does_not_wait_to_end(
    own_apache_kafka: ApacheKafka, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(Broker("own", own_apache_kafka.bootstrap, durable=True), Topics(topic_prefix), tmp_path)
    early = deployment.start_worker()
    deployment.ready(early)
    own_apache_kafka.kill()
    late, unwanted = deployment.start_worker(), deployment.start_worker()
    try:
        for worker in (late, unwanted):
            eventually("waits", partial(waits, worker), worker)
        for worker in (early, unwanted):
            worker.process.terminate()
            assert worker.process.wait(STOP_SECONDS) == 0
        own_apache_kafka.restart()
        deployment.ready(late)
    finally:
        for worker in (early, late, unwanted):
            worker.kill()


def test_what_was_done_before_a_login_is_claimed_by_it_across_partitions_and_workers(on_kafka: Deployment) -> None:
    """Sessions begin anonymously, customers log in to them, and one of two workers is killed in between."""
    sessions = 300

    def before(one: int) -> bytes:
        return touchpoint(f"b{one}", "", at(one), identities={}, session_id=f"s{one}")

    def login(one: int) -> bytes:
        return touchpoint(f"l{one}", f"C-{one % 40}", at(one + 1), session_id=f"s{one}")

    on_kafka.create_topics()
    with on_kafka.worker() as first:
        second = on_kafka.start_worker()
        try:
            on_kafka.ready(second)
            published = on_kafka.publish(before(one) for one in range(sessions))
            on_kafka.done(published, first)
            published += on_kafka.publish(login(one) for one in range(sessions))
        finally:
            second.kill()
        on_kafka.done(published, first)
    rows = {(row.customer_id, row.touchpoint.event_id): row for row in sorted(stitched(on_kafka), key=_version)}
    live = {name for name, row in rows.items() if not row.is_deleted}
    assert live == {(f"C-{one % 40}", f"{kind}{one}") for one in range(sessions) for kind in "bl"}
    journeys = [row for row in latest_journeys(on_kafka).values() if not row.is_deleted]
    assert sum(row.touchpoints for row in journeys) == 2 * sessions
    assert not any(row.customer_id.startswith("anon:") for row in journeys)
    assert letters(on_kafka) == []


def _version(row: TouchpointRow) -> int:
    return row.version


def test_importing_the_app_needs_no_broker_and_little_time() -> None:
    program = """if True:
        import sys
        def refuse(event, arguments):
            if event in ("socket.connect", "socket.bind", "socket.getaddrinfo"):
                raise SystemExit(f"{event} {arguments}")
        sys.addaudithook(refuse)
        import streams.app
        print(streams.app.app.conf.id)"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("omnitrack-streams", 0), done.stderr


def test_a_catalogue_that_cannot_be_used_ends_the_start_and_is_named(embedded: Deployment, tmp_path: Path) -> None:
    catalogue = tmp_path / "catalogue.yaml"
    catalogue.write_text("horizont: 45d\n")
    embedded.settings["OMNITRACK_CATALOGUE"] = str(catalogue)
    worker = embedded.start_worker()
    assert worker.process.wait(GIVE_UP_SECONDS) != 0
    assert "catalogue.yaml:1" in worker.log.read_text()


def test_a_topic_with_another_partition_count_ends_the_start(embedded: Deployment) -> None:
    embedded.create_topics()
    embedded.settings["OMNITRACK_PARTITIONS"] = str(PARTITIONS + 1)
    worker = embedded.start_worker()
    assert worker.process.wait(GIVE_UP_SECONDS) != 0
    assert f"has {PARTITIONS} partitions, not {PARTITIONS + 1}" in worker.log.read_text()
