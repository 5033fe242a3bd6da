"""A rolling deploy: named workers end and come back one by one under load; nothing moves, is lost, or counts twice."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from omnitrack.broker_reader import BrokerReader
from omnitrack.offsets import Partition, lag
from schemas.catalogue import load_catalogue
from schemas.topics import Topics
from schemas.touchpoint import Arrival, decode_customer_record
from sinks.feeds import feeds_of
from sources.simulator.dirt import Delivery
from sources.simulator.senders import RawSender
from tests.chaos.evidence import read_inputs
from tests.chaos.load import deliveries
from tests.chaos.rounds import now
from tests.chaos.verdict import Tables, differences
from tests.streams.worker import GIVE_UP_SECONDS, PARTITIONS, Deployment, eventually
from tests.support.brokers import Broker
from tests.support.child import Child

NAMES = ("worker-0", "worker-1")
SESSION_SECONDS = 90
"""Longer than a restart takes on a busy machine; nothing here waits for a session to end."""
STOP_SECONDS = 30.0
"""What `omnitrack up` allows between SIGTERM and SIGKILL; containers have longer."""
RECORDS, PARTS = 9_000, 9
SETTLE_SECONDS = 20.0
"""Rows change within 5 seconds of a deadline, and one may pass while the rows are read."""

Assignments = dict[str, frozenset[Partition]]


@dataclass(slots=True)
class Bank:
    """Publishes what the channels of a small bank send, dirt and all, part by part."""

    sender: RawSender
    parts: Iterator[Sequence[Delivery]]

    def publish(self) -> None:
        """The next part; returns when the broker has it."""
        for delivery in next(self.parts):
            self.sender.send(delivery)
        self.sender.flush()


@dataclass(slots=True)
class Fleet:
    """Named workers of one deployment."""

    deployment: Deployment
    workers: dict[str, Child]

    def start(self, name: str) -> None:
        self.deployment.settings["OMNITRACK_GROUP_INSTANCE"] = name
        self.workers[name] = self.deployment.start_worker()

    def ready(self) -> None:
        for worker in self.workers.values():
            self.deployment.ready(worker)
        eventually("partitions for all", lambda: all(self.assignments().get(name) for name in self.workers))

    def assignments(self) -> Assignments:
        """Of each member by name the partitions that it has; of none while the group gives them out."""
        admin = KafkaAdminClient(bootstrap_servers=self.deployment.broker.bootstrap)
        try:
            described = admin.describe_groups([self.deployment.group])[self.deployment.group]
        finally:
            admin.close()
        if described["group_state"] != "Stable":
            return {}
        return {member["group_instance_id"]: _assigned(member) for member in described["members"]}

    def joined(self, name: str) -> int:
        """How often this process of the worker has joined its group."""
        return self.workers[name].log.read_text().count("Joined group")


def _assigned(member: dict[str, Any]) -> frozenset[Partition]:
    assigned = member["member_assignment"]["assigned_partitions"]
    return frozenset(Partition(each["topic"], number) for each in assigned for number in each["partitions"])


@pytest.fixture
def fleet(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> Iterator[Fleet]:
    deployment = Deployment(apache_kafka, Topics(topic_prefix), tmp_path)
    deployment.settings["OMNITRACK_SESSION_TIMEOUT"] = str(SESSION_SECONDS)
    deployment.create_topics()
    started = Fleet(deployment, {})
    yield started
    for worker in started.workers.values():
        worker.kill()


@pytest.fixture
def bank(fleet: Fleet) -> Iterator[Bank]:
    played = deliveries(seed=7, count=RECORDS, catalogue=load_catalogue(None), now=now())
    parts = (played[part * len(played) // PARTS : (part + 1) * len(played) // PARTS] for part in range(PARTS))
    sender = RawSender(fleet.deployment.broker.bootstrap, fleet.deployment.topics)
    yield Bank(sender, parts)
    sender.close()


def test_workers_that_restart_one_by_one_under_load_keep_their_partitions_and_every_record(
    fleet: Fleet, bank: Bank
) -> None:
    for name in NAMES:
        fleet.start(name)
    fleet.ready()
    before = fleet.assignments()
    assert set(before) == set(NAMES)
    bank.publish()
    for name, other in (NAMES, NAMES[::-1]):
        joined = fleet.joined(other)
        bank.publish()
        fleet.workers[name].process.terminate()
        bank.publish()
        assert fleet.workers[name].process.wait(STOP_SECONDS) == 0
        left = committed(fleet, before[name])
        assert written_uncommitted(fleet.deployment, left) == []
        bank.publish()
        eventually("the other goes on", partial(caught_up, fleet, before[other]), fleet.workers[other])
        assert committed(fleet, before[name]) == left
        assert not caught_up(fleet, before[name])
        assert fleet.assignments() == before
        fleet.start(name)
        bank.publish()
        fleet.ready()
        assert fleet.assignments() == before
        assert fleet.joined(other) == joined
    assert wrong_at_rest(fleet) == []


def committed(fleet: Fleet, partitions: frozenset[Partition]) -> dict[Partition, int]:
    with BrokerReader(fleet.deployment.broker.bootstrap, GIVE_UP_SECONDS) as reader:
        kept = reader.committed(fleet.deployment.group)
    return {each: kept.get(each, 0) for each in partitions}


def caught_up(fleet: Fleet, partitions: frozenset[Partition]) -> bool:
    """Whether nothing waits in these partitions of what workers read."""
    topics = fleet.deployment.topics
    with BrokerReader(fleet.deployment.broker.bootstrap, GIVE_UP_SECONDS) as reader:
        ends = reader.end_offsets([*topics.inputs, topics.identity, topics.customer])
        owned = {each: end for each, end in ends.items() if each in partitions}
        return not lag(owned, reader.committed(fleet.deployment.group))


def written_uncommitted(deployment: Deployment, left: dict[Partition, int]) -> list[str]:
    """What a worker passed on to `customer` of the inputs that it `left` there, and did not commit."""
    records = (decode_customer_record(value) for _, value in read_all(deployment, [deployment.topics.customer]))
    origins = (record.origin for record in records if isinstance(record, Arrival))
    mine = {each for each in left if each.topic in deployment.topics.inputs}
    return [str(it) for it in origins if (at := Partition(it.topic, it.partition)) in mine and it.offset >= left[at]]


def wrong_at_rest(fleet: Fleet) -> list[str]:
    """How the rows differ from the pure function's once nothing waits."""
    everything = frozenset.union(*fleet.assignments().values())
    eventually("all stitched and committed", lambda: caught_up(fleet, everything))
    received = read_inputs(fleet.deployment.broker.bootstrap, fleet.deployment.topics)
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        asked_at = now()
        found = differences(received, rows_at_rest(fleet.deployment), load_catalogue(None), asked_at)
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(1.0)


def rows_at_rest(deployment: Deployment) -> Tables:
    """What a sink makes of the output topics: of every key the row that holds."""
    feeds = feeds_of(deployment.topics)
    tables: dict[Any, dict[Any, Any]] = {feed.table: {} for feed in feeds.values()}
    for topic, value in read_all(deployment, list(feeds)):
        feed = feeds[topic]
        row = feed.decode(value)
        rival = tables[feed.table].get(feed.key(row))
        if rival is None or feed.version(row) >= feed.version(rival):
            tables[feed.table][feed.key(row)] = row
    return {
        table: [row for row in rows.values() if not getattr(row, "is_deleted", 0)] for table, rows in tables.items()
    }


def read_all(deployment: Deployment, topics: list[str]) -> list[tuple[str, bytes]]:
    """Topic and value of all records up to the topics' present ends."""
    consumer: Any = KafkaConsumer(bootstrap_servers=deployment.broker.bootstrap, group_id=None)
    try:
        partitions = [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        ends = consumer.end_offsets(partitions)
        records: list[tuple[str, bytes]] = []
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            for fetched in consumer.poll(timeout_ms=500).values():
                records += [(record.topic, record.value) for record in fetched]
        return records
    finally:
        consumer.close()
