"""A streams worker as people start it, and what goes into and comes out of its topics."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from omnitrack.broker_reader import BrokerReader
from omnitrack.offsets import lag
from schemas.cloudevents import Headers
from schemas.topics import Topics
from streams.provision import ensure_topics
from tests.support.brokers import Broker
from tests.support.child import Child
from tests.support.page import Page

PARTITIONS = 2
LONG_SESSION = {"OMNITRACK_SESSION_TIMEOUT": "20"}
"""For what counts how often something was done: who loses a short session on a busy machine does work twice."""
GIVE_UP_SECONDS = 120.0
"""A machine that has much else to do may keep a process waiting for a long while; only what fails waits so long."""


def touchpoint(event_id: str, customer: str, at: str, channel: str = "wechat", **changes: Any) -> bytes:
    """A valid touchpoint record; `at` is RFC 3339."""
    fields = {
        "schema_version": 1,
        "event_id": event_id,
        "channel": channel,
        "occurred_at": at,
        "identities": {"customer_no": customer},
        "touchpoint": "card.report_lost",
        "stage": "apply",
        "intent": "card_replacement",
        "details": {"surface": "mini_program"} if channel == "wechat" else {"branch_id": "b"},
    }
    return json.dumps(fields | changes).encode()


@dataclass(slots=True)
class Deployment:
    """One deployment's topics on a broker, without or with a worker."""

    broker: Broker
    topics: Topics
    folder: Path
    app: str = "streams.app"
    settings: dict[str, str] = field(default_factory=dict)
    partitions: int = PARTITIONS
    started: int = 0

    @property
    def group(self) -> str:
        return f"{self.topics.prefix.rstrip('.')}-streams"

    def create_topics(self) -> None:
        asyncio.run(ensure_topics(self.broker.bootstrap, self.topics, partitions=self.partitions, replication=1))

    def start_worker(self) -> Child:
        self.started += 1
        environment = {
            "OMNITRACK_KAFKA": self.broker.bootstrap,
            "OMNITRACK_TOPIC_PREFIX": self.topics.prefix,
            "OMNITRACK_PARTITIONS": str(self.partitions),
            "OMNITRACK_SESSION_TIMEOUT": "6",
        }
        assignments = [f"{name}={value}" for name, value in (environment | self.settings).items()]
        faust = [sys.executable, "-m", "faust", "-A", self.app, "worker", "--without-web", "-l", "info"]
        return Child.spawn("worker", ["/usr/bin/env", *assignments, *faust], self.folder / f"worker-{self.started}.log")

    @contextmanager
    def worker(self) -> Iterator[Child]:
        """A worker that ends in good order."""
        child = self.start_worker()
        try:
            yield child
        finally:
            child.terminate()

    def publish(self, values: Iterable[bytes], channel: str = "wechat") -> int:
        """Write records without key, spread over the partitions; returns how many."""
        producer = KafkaProducer(bootstrap_servers=self.broker.bootstrap, linger_ms=5)
        topic = self.topics.touchpoints(channel)
        count = 0
        for count, value in enumerate(values, 1):
            producer.send(topic, value, partition=count % self.partitions)
        producer.flush()
        producer.close()
        return count

    def send_with_headers(self, channel: str, records: Iterable[tuple[bytes, Headers]]) -> None:
        """Write records with headers, without key."""
        producer = KafkaProducer(bootstrap_servers=self.broker.bootstrap)
        for value, headers in records:
            producer.send(self.topics.touchpoints(channel), value, headers=list(headers))
        producer.close()

    def read(self, topic: str) -> list[tuple[int, bytes | None, bytes]]:
        """Partition, key and value of all records that the topic holds now."""
        consumer = KafkaConsumer(bootstrap_servers=self.broker.bootstrap, auto_offset_reset="earliest")
        try:
            partitions = [TopicPartition(topic, number) for number in range(self.partitions)]
            consumer.assign(partitions)
            consumer.seek_to_beginning()
            ends = consumer.end_offsets(partitions)
            records: list[tuple[int, bytes | None, bytes]] = []
            deadline = time.monotonic() + GIVE_UP_SECONDS
            while any(consumer.position(partition) < end for partition, end in ends.items()):
                assert time.monotonic() < deadline, f"{topic} is not read to its ends {ends} in time"
                found = (record for batch in consumer.poll(timeout_ms=700).values() for record in batch)
                records += [(record.partition, record.key, record.value) for record in found]
            return records
        finally:
            consumer.close()

    def is_done(self, published: int) -> bool:
        """Whether `published` input records are committed, and all that they led to on `customer` as well."""
        with BrokerReader(self.broker.bootstrap, GIVE_UP_SECONDS) as reader:
            committed = reader.committed(self.group)
            if sum(offset for place, offset in committed.items() if place.topic in self.topics.inputs) < published:
                return False
            behind = lag(reader.end_offsets([self.topics.identity, self.topics.customer]), reader.committed(self.group))
            return not behind

    def ends(self, topic: str) -> int:
        """How many records were ever written to the topic."""
        with BrokerReader(self.broker.bootstrap, GIVE_UP_SECONDS) as reader:
            return sum(reader.end_offsets([topic]).values())

    def ready(self, child: Child) -> None:
        """Return once the worker takes batches."""
        eventually("ready", lambda: "Worker ready" in child.log.read_text(), child)

    def done(self, published: int, child: Child) -> None:
        """Return once all of the `published` records are stitched."""
        eventually("all stitched and committed", lambda: self.is_done(published), child)

    def settled(self, page: Page, child: Child) -> None:
        """Return once W is of now, and all that is due by then is done; `page` is that of the only worker."""
        # W goes on with a round of ticks: once it has passed a moment after the first, those of the first are sent.
        for what in ("W is of now", "what is due by W"):
            eventually(what, partial(self._has_passed, page, time.time()), child)

    def _has_passed(self, page: Page, moment: float) -> bool:
        return page.clock(self.partitions) > moment and self.is_done(0)


def eventually(what: str, holds: Callable[[], bool], child: Child | None = None) -> None:
    """Return once `holds()`; fails after a while, or if the child ends, with the end of its log."""
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while not holds():
        if child is not None and not child.is_running:
            raise child.failure("ended by itself")
        if time.monotonic() > deadline:
            raise child.failure(f"did not do it in time: {what}") if child is not None else AssertionError(what)
        time.sleep(0.2)
