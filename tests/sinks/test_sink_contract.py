"""What the `Sink` port promises, held against the sink in memory and against ClickHouse."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.topics import Topics
from sinks.clickhouse.client import connect
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.writer import Writer
from sinks.feeds import feeds_of
from sinks.port import Rejection, Row, Sink, Table
from tests.sinks.clickhouse.reading import read_rows
from tests.sinks.memory_sink import MemorySink
from tests.sinks.rows import ROWS, entry, promise_row, touchpoint_row

FEEDS = {feed.table: feed for feed in feeds_of(Topics()).values()}
TABLES = sorted(ROWS)


@dataclass(frozen=True)
class Subject:
    """A sink, and how tests look into it. `clear` empties a table and the rejected rows between examples."""

    sink: Sink
    held: Callable[[Table], list[Row]]
    rejected: Callable[[], list[tuple[object, ...]]]
    clear: Callable[[Table], None]


def memory_subject() -> Subject:
    sink = MemorySink()

    def rejected() -> list[tuple[object, ...]]:
        return [(it.table, it.topic, it.partition, it.offset, it.payload, it.error) for it in sink.rejected.values()]

    def clear(_table: Table) -> None:
        sink.rows.clear()
        sink.rejected.clear()

    return Subject(sink, sink.held, rejected, clear)


def clickhouse_subject(where: ClickHouseSettings) -> Subject:
    client = connect(where)

    def rejected() -> list[tuple[object, ...]]:
        rows = client.execute("SELECT table, topic, partition, offset, payload, error FROM rejected_rows FINAL")
        return [(*place, base64.b64decode(payload), error) for *place, payload, error in rows]

    def clear(table: Table) -> None:
        client.execute(f"TRUNCATE TABLE {table}")
        client.execute("TRUNCATE TABLE rejected_rows")

    return Subject(Writer(where), lambda table: read_rows(where, table), rejected, clear)


@pytest.fixture(params=["memory", "clickhouse"])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    if request.param == "memory":
        yield memory_subject()
    else:
        yield clickhouse_subject(request.getfixturevalue("clickhouse"))


def model_of(table: Table, rows: Sequence[Row]) -> list[Row]:
    """What a reader must see after `rows` were written in order: a dict, key to the row that holds."""
    feed = FEEDS[table]
    held: dict[object, Row] = {}
    for row in rows:
        rival = held.get(feed.key(row))
        if rival is None or feed.version(row) >= feed.version(rival):
            held[feed.key(row)] = row
    return [row for row in held.values() if not getattr(row, "is_deleted", 0)]


def in_order(rows: Sequence[Row]) -> list[str]:
    return sorted(map(repr, rows))


@pytest.mark.parametrize("table", TABLES)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_after_duplicates_old_versions_and_tombstones_a_reader_sees_the_model(
    subject: Subject, table: Table, data: st.DataObject
) -> None:
    subject.clear(table)
    feed = FEEDS[table]

    def identity(row: Row) -> tuple[object, int]:
        return (feed.key(row), feed.version(row))

    # Rows of one key and version are one row: it may come again, but never with other values.
    rows = data.draw(st.lists(ROWS[table], min_size=1, max_size=8, unique_by=identity))
    batches = data.draw(st.lists(st.lists(st.sampled_from(rows), max_size=6), max_size=3))
    for batch in batches:
        subject.sink.write(table, [entry(row) for row in batch])
    assert in_order(subject.held(table)) == in_order(model_of(table, [row for batch in batches for row in batch]))
    assert subject.rejected() == []


def test_writing_the_same_rows_again_changes_nothing(subject: Subject) -> None:
    entries = [entry(touchpoint_row(number), number) for number in range(50)]
    subject.sink.write("touchpoints", entries)
    before = in_order(subject.held("touchpoints"))
    subject.sink.write("touchpoints", entries[::-1])
    assert in_order(subject.held("touchpoints")) == before
    assert len(before) == 50


def test_a_withdrawn_row_comes_back_with_a_greater_version(subject: Subject) -> None:
    for version, deleted in ((1, 0), (2, 1)):
        subject.sink.write("promises", [entry(promise_row(version=version, is_deleted=deleted))])
    assert subject.held("promises") == []
    subject.sink.write("promises", [entry(promise_row(version=3))])
    assert subject.held("promises") == [promise_row(version=3)]


def test_no_rows_are_no_work(subject: Subject) -> None:
    subject.sink.write("journeys", [])
    subject.sink.reject([])
    assert subject.held("journeys") == []
    assert subject.rejected() == []


def test_rejections_are_kept_byte_for_byte_once_per_record(subject: Subject) -> None:
    first = Rejection("promises", "out", 3, 8, b"\xff{", "no JSON")
    for rejection in (first, Rejection("promises", "out", 3, 9, b"", "empty"), first):
        subject.sink.reject([rejection])
    assert sorted(subject.rejected(), key=str) == [
        ("promises", "out", 3, 8, b"\xff{", "no JSON"),
        ("promises", "out", 3, 9, b"", "empty"),
    ]
