"""The writer waits for ClickHouse, never drops a row, and lets no bad row hold up the others."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from structlog.testing import capture_logs

from sinks.clickhouse import writer as module
from sinks.clickhouse.client import connected
from sinks.clickhouse.columns import EARLIEST_TIME, LATEST_TIME
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.writer import Writer
from sinks.port import Row, SinkStopped, Table
from tests.sinks.clickhouse.reading import read_rows
from tests.sinks.rows import NOON, entry, promise_row, touchpoint_row
from tests.streams.worker import eventually
from tests.support.clickhouse import EmbeddedClickHouse

MONTH = 31 * 24 * 3600 * 1000


@pytest.fixture
def writer(clickhouse: ClickHouseSettings) -> Writer:
    return Writer(clickhouse)


@contextmanager
def writing(writer: Writer, table: Table, row: Row) -> Iterator[threading.Thread]:
    """A thread that writes `row`; whatever happens, it ends with the block."""
    thread = threading.Thread(target=writer.write, args=(table, [entry(row)]), daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        writer.stop()
        thread.join(5)


def rejected(settings: ClickHouseSettings) -> list[tuple[object, ...]]:
    query = "SELECT table, topic, partition, offset, payload, error FROM rejected_rows FINAL ORDER BY offset"
    with connected(settings) as client:
        return list(client.execute(query))


BAD_ROWS: list[Row] = [
    promise_row(promise="bad", journey_id="no-uuid"),
    promise_row(promise="bad", made_at=LATEST_TIME + 1),
    promise_row(promise="bad", made_at=None),
    promise_row(promise="bad \ud800"),
    promise_row(promise="bad", version=-1),
    promise_row(promise="bad", channel=7),
]


@pytest.mark.parametrize("bad", BAD_ROWS, ids=["uuid", "year", "null", "surrogate", "negative", "type"])
def test_a_row_that_cannot_be_stored_is_kept_as_rejected_and_the_others_are_stored(
    clickhouse: ClickHouseSettings, writer: Writer, bad: Row
) -> None:
    good = [promise_row(promise=f"p{number}") for number in range(9)]
    entries = [entry(row, offset, "omnitrack.promises", 2) for offset, row in enumerate(good)]
    broken = entry(promise_row(), 40, "omnitrack.promises", 2)
    broken = type(broken)(bad, broken.topic, broken.partition, broken.offset, b"as it came")
    with capture_logs() as logs:
        writer.write("promises", [*entries[:5], broken, *entries[5:]])
    assert sorted(map(repr, read_rows(clickhouse, "promises"))) == sorted(map(repr, good))
    [(table, topic, partition, offset, payload, error)] = rejected(clickhouse)
    assert (table, topic, partition, offset) == ("promises", "omnitrack.promises", 2, 40)
    assert base64.b64decode(str(payload)) == b"as it came"
    assert error
    [log] = [log for log in logs if log["log_level"] == "error"]
    assert (log["table"], log["topic"], log["partition"], log["offset"]) == ("promises", "omnitrack.promises", 2, 40)


def test_what_the_server_refuses_for_its_value_is_found_by_halving(
    clickhouse: ClickHouseSettings, writer: Writer
) -> None:
    with connected(clickhouse) as client:
        client.execute("ALTER TABLE promises ADD CONSTRAINT known CHECK status != 'broken'")
    rows = [promise_row(promise=f"p{number}", status="broken" if number in (3, 11) else "kept") for number in range(16)]
    writer.write("promises", [entry(row, offset) for offset, row in enumerate(rows)])
    assert [offset for _, _, _, offset, _, _ in rejected(clickhouse)] == [3, 11]
    assert len(read_rows(clickhouse, "promises")) == 14


def test_one_batch_may_span_any_number_of_months(clickhouse: ClickHouseSettings, writer: Writer) -> None:
    rows = [promise_row(promise=f"p{number}", made_at=NOON - number * MONTH) for number in range(300)]
    writer.write("promises", [entry(row) for row in rows])
    assert len(read_rows(clickhouse, "promises")) == 300


@pytest.mark.parametrize("time", [0, 1, -1, EARLIEST_TIME, LATEST_TIME, 10_413_792_000_000])
def test_times_far_away_come_back_exactly(clickhouse: ClickHouseSettings, writer: Writer, time: int) -> None:
    row = promise_row(made_at=time, due_at=time, kept_at=time)
    writer.write("promises", [entry(row)])
    assert read_rows(clickhouse, "promises") == [row]


def test_every_thread_has_its_own_connection(clickhouse: ClickHouseSettings, writer: Writer) -> None:
    def write(thread: int) -> None:
        for batch in range(5):
            writer.write("promises", [entry(promise_row(f"C-{thread}", f"p{batch}"))])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_rows(clickhouse, "promises")) == 20


def test_missing_tables_are_waited_for_and_the_log_says_what_to_do(empty_clickhouse: ClickHouseSettings) -> None:
    with capture_logs() as logs, writing(Writer(empty_clickhouse), "promises", promise_row()) as thread:
        eventually("the wait", lambda: bool(logs))
        assert thread.is_alive()
        migrate(empty_clickhouse)
        thread.join(20)
    assert read_rows(empty_clickhouse, "promises") == [promise_row()]
    assert "omnitrack migrate" in logs[0]["error"]


@pytest.fixture
def own_database(own_clickhouse: EmbeddedClickHouse) -> ClickHouseSettings:
    settings = ClickHouseSettings.of(own_clickhouse.url)
    migrate(settings)
    return settings


def test_a_server_that_goes_away_is_waited_for_and_nothing_is_lost(
    own_clickhouse: EmbeddedClickHouse, own_database: ClickHouseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONGEST_WAIT_SECONDS", 0.2)
    monkeypatch.setattr(module, "LOG_EVERY_SECONDS", 600.0)
    writer = Writer(own_database)
    writer.write("touchpoints", [entry(touchpoint_row(0))])
    own_clickhouse.child.kill()
    with capture_logs() as logs, writing(writer, "touchpoints", touchpoint_row(1)) as thread:
        eventually("the wait", lambda: bool(logs))
        assert thread.is_alive()
        own_clickhouse.start_again()
        thread.join(20)
        assert not thread.is_alive()
    assert len(read_rows(own_database, "touchpoints")) == 2
    assert [log["event"] for log in logs] == ["waiting for ClickHouse"]


def test_a_writer_told_to_stop_gives_up_waiting_at_once() -> None:
    writer = Writer(ClickHouseSettings.of("clickhouse://127.0.0.1:1/omnitrack"))
    outcome: list[BaseException] = []

    def write() -> None:
        with pytest.raises(SinkStopped, match=r"stopped while promises waited .* does not answer") as caught:
            writer.write("promises", [entry(promise_row())])
        outcome.append(caught.value)

    thread = threading.Thread(target=write, daemon=True)
    with capture_logs() as logs:
        thread.start()
        eventually("the wait", lambda: bool(logs))
    writer.stop()
    thread.join(20)
    assert len(outcome) == 1
