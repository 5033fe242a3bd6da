"""Where there are three brokers every record is on two of them before it counts as written: one may be lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaAdminClient

from omnitrack.broker_reader import BrokerReader
from schemas.rows import TouchpointRow
from schemas.topics import Topics
from streams.provision import ensure_topics, replicas_for, topic_configs
from streams.settings import AUTO
from tests.streams.replica_trouble import create_on, give_more_replicas, status
from tests.streams.worker import PARTITIONS, Deployment, eventually, touchpoint
from tests.support.apache_kafka import ApacheKafka
from tests.support.brokers import Broker
from tests.support.kafka_cluster import kafka_cluster

START = datetime.now(UTC) - timedelta(days=1)
EACH = 3_000


@pytest.fixture
def brokers(local_apache_kafka: None, tmp_path: Path) -> Iterator[list[ApacheKafka]]:
    with kafka_cluster(tmp_path / "kafka") as started:
        yield started


def load(part: int) -> Iterator[bytes]:
    for number in range(part * EACH, (part + 1) * EACH):
        yield touchpoint(f"e{number}", f"C-{number % 100}", (START + timedelta(seconds=number)).isoformat())


def bootstrap(brokers: list[ApacheKafka]) -> str:
    return ",".join(broker.bootstrap for broker in brokers)


def test_a_broker_that_dies_takes_nothing_with_it_and_workers_go_on(brokers: list[ApacheKafka], tmp_path: Path) -> None:
    deployment = Deployment(Broker("three", bootstrap(brokers), durable=True), Topics("bank."), tmp_path)
    topics = deployment.topics
    asyncio.run(ensure_topics(bootstrap(brokers), topics, partitions=PARTITIONS, replication=AUTO))
    with BrokerReader(bootstrap(brokers)) as reader:
        configs = reader.configs([spec.name for spec in topics.all])
    assert {config["min.insync.replicas"] for config in configs.values()} == {"2"}
    replicas_are_told_and_raised(bootstrap(brokers), Topics("thin."))
    with deployment.worker() as worker:
        published = deployment.publish(load(0))
        eventually("some work", lambda: deployment.ends(topics.stitched) > 0, worker)
        leader = leader_of(bootstrap(brokers), topics.customer)
        create_on(bootstrap(brokers), Topics("lone.").alerts, [leader])
        brokers.pop(leader - 1).kill()
        deployment.broker = Broker("two", bootstrap(brokers), durable=True)
        published += deployment.publish(load(1))
        deployment.done(published, worker)
        stitched = [msgspec.msgpack.decode(row, type=TouchpointRow) for _, _, row in deployment.read(topics.stitched)]
        assert {row.touchpoint.event_id for row in stitched} == {f"e{number}" for number in range(published)}
        assert Counter(it.origin for it in latest(stitched)).most_common(1)[0][1] == 1
        assert deployment.ends(topics.dead) == 0
        assert worker.is_running
    the_loss_is_told(bootstrap(brokers), topics)


def replicas_are_told_and_raised(kafka: str, topics: Topics) -> None:
    """Topics of one copy get two more, while there is a broker for each."""
    asyncio.run(ensure_topics(kafka, topics, partitions=PARTITIONS, replication=1))
    # A broker tells of what others have just made when it has heard of it.
    told = {spec.name for spec in topics.all}
    eventually(
        "all topics are told", lambda: {one["topic"] for one in status(kafka, topics.prefix)["replication"]} == told
    )
    before = status(kafka, topics.prefix)
    assert {(one["replicas"], one["wanted"]) for one in before["replication"]} == {(1, 3)}
    assert before["problems"] == []
    [fewer] = before["warnings"]
    assert "omnitrack replicas" in fewer
    give_more_replicas(kafka, topics.prefix)
    eventually("three copies of each", lambda: status(kafka, topics.prefix)["replication"] == [])


def the_loss_is_told(kafka: str, topics: Topics) -> None:
    """A copy is missing of what three brokers had; nobody has what one broker alone had."""
    report = status(kafka, topics.prefix)
    own = [one for one in report["replication"] if one["topic"].startswith(topics.prefix)]
    assert {one["topic"] for one in own} == {spec.name for spec in topics.all}
    assert all(len(one["under_replicated"]) == PARTITIONS for one in own)
    assert report["problems"] == []
    assert [line for line in report["warnings"] if line.startswith("under-replicated")]
    assert {one["lag"] for one in report["topics"] if one["group"].endswith("-streams")} == {0}

    lone = Topics("lone.").alerts
    report = status(kafka, "lone.")
    [problem] = report["problems"]
    assert problem.startswith(f"topic {lone}: partition 0 offline")
    assert lone not in str(report["topics"])


def latest(rows: list[TouchpointRow]) -> list[TouchpointRow]:
    """Of every touchpoint what holds: its last version."""
    return list({row.touchpoint.event_id: row for row in sorted(rows, key=lambda row: row.version)}.values())


def leader_of(kafka: str, topic: str) -> int:
    """The node that leads the topic's first partition."""
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    try:
        [described] = admin.describe_topics([topic])
        return int(described["partitions"][0]["leader_id"])
    finally:
        admin.close()


@pytest.mark.parametrize(("brokers", "replicas"), [(1, 1), (2, 2), (3, 3), (9, 3)])
def test_without_a_word_a_topic_has_three_replicas_or_as_many_as_there_are_brokers(brokers: int, replicas: int) -> None:
    assert replicas_for(AUTO, brokers) == replicas
    assert replicas_for(5, brokers) == 5


@pytest.mark.parametrize(("replicas", "in_sync"), [(1, None), (2, None), (3, "2"), (5, "2")])
def test_a_broker_may_be_away_whatever_the_number_of_replicas(replicas: int, in_sync: str | None) -> None:
    topics = Topics()
    for spec in topics.all:
        assert topic_configs(spec, topics, replicas).get("min.insync.replicas") == in_sync
