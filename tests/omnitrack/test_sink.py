"""The sink's process: output topics into ClickHouse, whole, through kills and absences."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaProducer

from omnitrack.broker_reader import BrokerReader
from omnitrack.offsets import lag
from schemas.topics import Topics
from sinks.clickhouse.client import connect
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.settings import ClickHouseSettings
from tests.sinks.clickhouse.reading import read_rows
from tests.sinks.rows import promise_row, touchpoint_row
from tests.support.brokers import Broker
from tests.support.child import Child
from tests.support.clickhouse import EmbeddedClickHouse

SECONDS = 90.0


class SinkProcess:
    """`faust -A omnitrack.sink worker` between one broker and one ClickHouse."""

    def __init__(self, broker: Broker, prefix: str, clickhouse: ClickHouseSettings, log: Path) -> None:
        self.topics = Topics(prefix)
        self.group = f"{prefix.rstrip('.')}-sink"
        self._broker = broker
        self._log = log
        self._settings = {
            "OMNITRACK_KAFKA": broker.bootstrap,
            "OMNITRACK_TOPIC_PREFIX": prefix,
            "OMNITRACK_CLICKHOUSE": clickhouse.clickhouse.get_secret_value(),
            "OMNITRACK_SESSION_TIMEOUT": "6",
            "OMNITRACK_PARTITIONS": "2",
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
        with BrokerReader(self._broker.bootstrap) as reader:
            return reader.assigned_members(self.group) == 1

    def has_stored_everything(self) -> bool:
        """Whether all that the output topics hold is committed."""
        with BrokerReader(self._broker.bootstrap) as reader:
            return not lag(reader.end_offsets(self.topics.outputs), reader.committed(self.group))

    def await_that(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert self.child is not None
            if time.monotonic() > deadline or not self.child.is_running:
                raise self.child.failure("did not get there")
            time.sleep(0.2)


@pytest.fixture
def sink(broker: Broker, topic_prefix: str, clickhouse: ClickHouseSettings, tmp_path: Path) -> Iterator[SinkProcess]:
    """A running sink that has its partitions."""
    process = SinkProcess(broker, topic_prefix, clickhouse, tmp_path / "sink.log")
    process.start()
    try:
        process.await_that(process.is_ready)
        yield process
    finally:
        process.kill()


def test_rows_of_every_output_topic_are_stored_then_acknowledged(
    sink: SinkProcess, clickhouse: ClickHouseSettings
) -> None:
    touchpoints = [touchpoint_row(number) for number in range(500)]
    sink.send(sink.topics.stitched, [msgspec.msgpack.encode(row) for row in touchpoints])
    sink.send(sink.topics.promises, [msgspec.json.encode(promise_row(promise=f"p{number}")) for number in range(20)])
    sink.send(sink.topics.journeys, [b"no journey"])
    sink.await_that(sink.has_stored_everything)
    assert sorted(map(repr, read_rows(clickhouse, "touchpoints"))) == sorted(map(repr, touchpoints))
    assert len(read_rows(clickhouse, "promises")) == 20
    assert count(clickhouse, "rejected_rows") == 1


@pytest.mark.durable
def test_a_killed_sink_loses_nothing_and_stores_nothing_twice(
    sink: SinkProcess, clickhouse: ClickHouseSettings
) -> None:
    rows = [msgspec.msgpack.encode(touchpoint_row(number)) for number in range(20_000)]
    sink.send(sink.topics.stitched, rows[:10_000])
    sink.await_that(lambda: count(clickhouse, "touchpoints") > 0)
    sink.kill()
    sink.send(sink.topics.stitched, rows[10_000:])
    sink.start()
    sink.await_that(sink.has_stored_everything)
    assert count(clickhouse, "touchpoints") == 20_000


def test_an_absent_clickhouse_is_waited_for_and_does_not_hold_up_the_end(
    embedded_broker: Broker, topic_prefix: str, own_clickhouse: EmbeddedClickHouse, tmp_path: Path
) -> None:
    settings = ClickHouseSettings.of(own_clickhouse.url)
    migrate(settings)
    sink = SinkProcess(embedded_broker, topic_prefix, settings, tmp_path / "sink.log")
    sink.start()
    try:
        sink.await_that(sink.is_ready)
        own_clickhouse.child.kill()
        sink.send(sink.topics.promises, [msgspec.json.encode(promise_row())])
        sink.await_that(lambda: "waiting for ClickHouse" in (tmp_path / "sink.log").read_text())
        assert not sink.has_stored_everything()
        assert sink.child is not None
        began = time.monotonic()
        sink.child.terminate(within=20)
        assert time.monotonic() - began < 10
        own_clickhouse.start_again()
        sink.start()
        sink.await_that(sink.has_stored_everything)
    finally:
        sink.kill()
    assert read_rows(settings, "promises") == [promise_row()]


def count(settings: ClickHouseSettings, table: str) -> int:
    client = connect(settings)
    [(rows,)] = client.execute(f"SELECT count() FROM {table} FINAL")  # noqa: S608 -- a literal
    client.disconnect()
    return int(rows)
