"""The sink's process between one broker and one ClickHouse."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from kafka import KafkaProducer

from omnitrack.broker_reader import BrokerReader
from omnitrack.offsets import lag
from schemas.topics import Topics
from sinks.clickhouse.settings import ClickHouseSettings
from tests.support.brokers import Broker
from tests.support.child import Child

SECONDS = 120.0


class SinkProcess:
    """`faust -A omnitrack.sink worker` between one broker and one ClickHouse."""

    def __init__(
        self, broker: Broker, prefix: str, clickhouse: ClickHouseSettings, log: Path, partitions: int = 2
    ) -> None:
        self.topics = Topics(prefix)
        self.group = f"{prefix.rstrip('.')}-sink"
        self._broker = broker
        self._log = log
        self._settings = {
            "OMNITRACK_KAFKA": broker.bootstrap,
            "OMNITRACK_TOPIC_PREFIX": prefix,
            "OMNITRACK_CLICKHOUSE": clickhouse.clickhouse.get_secret_value(),
            "OMNITRACK_SESSION_TIMEOUT": "6",
            "OMNITRACK_PARTITIONS": str(partitions),
        }
        self.child: Child | None = None

    def start(self) -> None:
        environment = [f"{name}={value}" for name, value in self._settings.items()]
        command = ["env", *environment, sys.executable, "-m", "faust", "-A", "omnitrack.sink", "worker", "-l", "info"]
        self.child = Child.spawn("the sink", command, self._log)

    def kill(self) -> None:
        if self.child is not None:
            self.child.kill()

    def send(self, topic: str, values: list[bytes]) -> None:
        producer = KafkaProducer(bootstrap_servers=self._broker.bootstrap)
        for number, value in enumerate(values):
            producer.send(topic, key=b"C-1", value=value, partition=number % 2)
        producer.flush()
        producer.close()

    def is_ready(self) -> bool:
        with BrokerReader(self._broker.bootstrap, SECONDS) as reader:
            return reader.assigned_members(self.group) == 1

    def has_stored_everything(self) -> bool:
        """Whether all that the output topics hold is committed."""
        with BrokerReader(self._broker.bootstrap, SECONDS) as reader:
            return not lag(reader.end_offsets(self.topics.outputs), reader.committed(self.group))

    def await_that(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert self.child is not None
            if time.monotonic() > deadline or not self.child.is_running:
                raise self.child.failure("did not get there")
            time.sleep(0.2)
