"""A process that tells a receiver of alerts, and what it reads."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import msgspec
from kafka import KafkaProducer

from omnitrack.broker_reader import BrokerReader
from omnitrack.notify.undelivered import Undelivered, decode_undelivered
from omnitrack.offsets import lag
from schemas.rows import AlertRow
from schemas.topics import Topics
from tests.sinks.notices.alerts import alert
from tests.streams.worker import GIVE_UP_SECONDS, Deployment, eventually
from tests.support.brokers import Broker
from tests.support.child import Child

PARTITIONS = 2


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def said_now(subject: str, status: str = "firing", version: int = 1, **more: Any) -> AlertRow:
    """A row about `subject` as it would come now."""
    now = now_ms()
    return alert(subject, status, version, **({"raised_at": now - 50, "updated_at": now} | more))


def send(broker: Broker, topics: Topics, *rows: AlertRow) -> None:
    """Write rows of alerts, those of one fingerprint to one partition."""
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap)
    for row in rows:
        partition = int(row.fingerprint, 16) % PARTITIONS
        producer.send(topics.alerts, key=b"C-1", value=msgspec.json.encode(row), partition=partition)
    producer.flush()
    producer.close()


class NotifyProcess:
    """`faust -A omnitrack.notify.<receiver> worker`."""

    def __init__(self, receiver: str, broker: Broker, topics: Topics, folder: Path, settings: dict[str, str]) -> None:
        self._command = [
            sys.executable,
            "-m",
            "faust",
            "-A",
            f"omnitrack.notify.{receiver}",
            "worker",
            "--without-web",
            "-l",
            "info",
        ]
        self.environment = {
            "OMNITRACK_KAFKA": broker.bootstrap,
            "OMNITRACK_TOPIC_PREFIX": topics.prefix,
            "OMNITRACK_SESSION_TIMEOUT": "6",
            "OMNITRACK_PARTITIONS": str(PARTITIONS),
            **settings,
        }
        self._broker = broker
        self._topics = topics
        self._group = f"{topics.prefix.rstrip('.')}-notify-{receiver}"
        self.log = folder / f"{receiver}.log"
        self.child = self.spawn()

    def spawn(self) -> Child:
        """Start it, again if need be."""
        assignments = [f"{name}={value}" for name, value in self.environment.items()]
        self.child = Child.spawn(self._group, ["env", *assignments, *self._command], self.log)
        return self.child

    def await_ready(self) -> None:
        def has_partitions() -> bool:
            with BrokerReader(self._broker.bootstrap, GIVE_UP_SECONDS) as reader:
                return reader.assigned_members(self._group) == 1

        eventually("it has its partitions", has_partitions, self.child)

    def has_acknowledged_all(self) -> bool:
        with BrokerReader(self._broker.bootstrap, GIVE_UP_SECONDS) as reader:
            return not lag(reader.end_offsets([self._topics.alerts]), reader.committed(self._group))

    def undelivered(self) -> list[Undelivered]:
        """What it gave up."""
        records = Deployment(self._broker, self._topics, self.log.parent).read(self._topics.undelivered)
        return [decode_undelivered(value) for _, _, value in records]
