"""The sink's process: output topics into ClickHouse, whole, through kills and absences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from sinks.clickhouse.client import connect
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.settings import ClickHouseSettings
from tests.omnitrack.sink_process import SECONDS, SinkProcess
from tests.sinks.clickhouse.reading import read_rows
from tests.sinks.rows import promise_row, touchpoint_row
from tests.support.brokers import Broker
from tests.support.clickhouse import EmbeddedClickHouse


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
        sink.child.process.terminate()
        sink.child.process.wait(SECONDS)
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
