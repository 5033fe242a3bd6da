"""The compiled module makes of records what Python and the driver make of them, byte for byte, or leaves them."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import msgspec
import pytest
from clickhouse_driver.bufferedwriter import CompressedBufferedWriter
from clickhouse_driver.columns.service import write_column
from clickhouse_driver.context import Context
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from schemas.rows import JourneyRow, TouchpointRow
from schemas.topics import Topics
from sinks.clickhouse.agent import SinkAgent, latest, read
from sinks.clickhouse.blocks import TABLES, Blocks, compiled_blocks
from sinks.clickhouse.client import connected
from sinks.clickhouse.columns import EARLIEST_TIME, LATEST_TIME, columns_of
from sinks.clickhouse.migrate import FOLDER
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.writer import Writer
from sinks.feeds import feeds_of
from sinks.port import Received, Row, Table
from tests.sinks.clickhouse.reading import read_rows
from tests.sinks.clickhouse.test_agent import Fetched, fetched
from tests.sinks.rows import ROWS, promise_row, touchpoint_row
from tests.streams.worker import eventually

core = pytest.importorskip("sinks._core", reason="no compiled core: make .venv/.dev builds it where cargo is")

FEEDS = {feed.table: feed for feed in feeds_of(Topics()).values()}
SOURCES = {feed.table: topic for topic, feed in feeds_of(Topics()).items()}
HOT: list[Table] = [table for table in sorted(FEEDS) if table in TABLES]


def encode(row: Row) -> bytes:
    return msgspec.msgpack.encode(row) if isinstance(row, TouchpointRow) else msgspec.json.encode(row)


def by_driver(kind: str, values: Sequence[Any]) -> bytes:
    """The values of a column as the driver writes them."""
    context, written = Context(), BytesIO()
    context.client_settings = {"use_numpy": False, "strings_as_bytes": False, "strings_encoding": "utf-8"}
    out = CompressedBufferedWriter(written, 1 << 16)
    write_column(context, "column", kind, list(values), out)
    out.flush()
    return written.getvalue()


def assert_same(table: Table, payloads: Sequence[bytes]) -> None:
    """What the module makes of `payloads` is what Python makes of them."""
    block = core.encode(table, payloads)
    entries, rejections = read([Received("t", 0, 0, payload) for payload in payloads], FEEDS[table])
    assert not rejections
    rows = [entry.row for entry in latest(entries, FEEDS[table])]
    columns = columns_of(table, rows)
    assert block.rows == len(rows)
    assert {name: values for name, _, values in block.columns} == {
        name: by_driver(kind, columns[name]) for name, kind, _ in block.columns
    }
    assert {name for name, _, _ in block.columns} == set(columns)
    assert block.received_at == [it.received_at for it in rows if isinstance(it, TouchpointRow) and not it.is_deleted]


def left(table: Table, payloads: Sequence[bytes]) -> bool:
    return isinstance(core.encode(table, payloads), str)


@pytest.mark.parametrize("table", HOT)
@given(data=st.data())
def test_what_is_written_today_becomes_the_bytes_that_the_driver_would_send(table: Table, data: st.DataObject) -> None:
    rows = data.draw(st.lists(ROWS[table], min_size=1, max_size=8))
    assert_same(table, [encode(row) for row in rows])


@pytest.mark.parametrize("table", HOT)
@given(data=st.data())
def test_whatever_a_record_holds_it_becomes_the_same_bytes_or_is_left(table: Table, data: st.DataObject) -> None:
    payload = bytearray(encode(data.draw(ROWS[table])))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(payload)))
        length = data.draw(st.integers(0, 2))
        piece = data.draw(st.sampled_from([b"-", b"0", b".", b"e1", b'"', b"\\", b"\\u0041", b" ", b"\xc0", b"\xff"]))
        payload[start : start + length] = piece
    if not left(table, [bytes(payload)]):
        assert_same(table, [bytes(payload)])


@pytest.mark.parametrize("count", [255, 256, 257, 66_000])
def test_places_of_names_are_as_wide_as_their_number_needs(count: int) -> None:
    assert_same("promises", [encode(promise_row(promise=f"p{it}", channel=f"channel-{it}")) for it in range(count)])


def test_texts_may_hold_anything() -> None:
    text = '"\\/\b\f\n\r\t\x00\x1f\x7f\u2028 größe 卡 🙂 ' + "long " * 50
    assert_same("promises", [encode(promise_row(promise=text, channel=text))])
    assert_same("touchpoints", [encode(touchpoint_row(1, customer_id=text))])


def columns_in_sql(table: str) -> dict[str, str]:
    """The type of each column of a table, as the migrations make it."""
    files = [path.read_text() for path in sorted(FOLDER.glob("*.sql"))]
    created = next(sql for sql in files if f"CREATE TABLE IF NOT EXISTS {table}\n" in sql)
    added = re.findall(rf"^ALTER TABLE {table} ADD COLUMN .*", "\n".join(files), re.MULTILINE)
    return dict(re.findall(r"`(\w+)` (.+?) COMMENT", created.partition("ENGINE")[0] + "\n".join(added)))


@pytest.mark.parametrize("table", HOT)
@given(data=st.data())
def test_types_are_those_of_the_table(table: Table, data: st.DataObject) -> None:
    block = core.encode(table, [encode(data.draw(ROWS[table]))])
    assert {name: kind for name, kind, _ in block.columns} == columns_in_sql(table)


PROMISE = encode(promise_row())
UNUSUAL = {
    "nothing": b"",
    "cut off": PROMISE[:-1],
    "two": PROMISE * 2,
    "blank": PROMISE.replace(b",", b", ", 1),
    "a field more": PROMISE[:-1] + b',"colour":1}',
    "a field less": PROMISE.replace(b',"is_deleted":0', b""),
    "another order": b'{"promise_id":"p1","customer_id":"C-1",' + PROMISE.partition(b'"journey_id"')[2],
    "a status unknown": PROMISE.replace(b"pending", b"lost"),
    "a time too early": encode(promise_row(made_at=EARLIEST_TIME - 1)),
    "a time too late": encode(promise_row(kept_at=LATEST_TIME + 1)),
    "a version below zero": encode(promise_row(version=-1)),
    "a version of 64 bits": encode(promise_row(version=2**63)),
    "no UUID": encode(promise_row(journey_id="journey")),
    "a UUID in short": encode(promise_row(journey_id="0b0d8c2e54a55f0e9a0e111111111111")),
    "a mark too great": encode(promise_row(is_deleted=256)),
}


@pytest.mark.parametrize("payload", UNUSUAL.values(), ids=UNUSUAL.keys())
def test_one_unusual_record_leaves_all_to_python(payload: bytes) -> None:
    usual = encode(promise_row(promise="p0"))
    assert not left("promises", [usual, PROMISE])
    assert left("promises", [usual, payload])


@given(row=ROWS["journeys"])
def test_a_key_twice_and_a_number_that_its_column_does_not_take_are_left(row: JourneyRow) -> None:
    waited = encode(msgspec.structs.replace(row, waits={"branch": 1.0}))
    assert not left("journeys", [waited])
    assert left("journeys", [waited.replace(b'"branch":1.0', b'"branch":1.0,"branch":2.0')])
    assert left("journeys", [encode(msgspec.structs.replace(row, touchpoints=2**32))])
    assert left("journeys", [encode(msgspec.structs.replace(row, csat=-1))])


def test_tables_of_few_rows_are_left() -> None:
    assert left("alerts", [b"{}"])


@dataclass(slots=True)
class Stored:
    """A sink with the module, or one without it."""

    settings: ClickHouseSettings
    compiled: bool = True
    blocks: Blocks | None = field(init=False)
    writer: Writer = field(init=False)

    def __post_init__(self) -> None:
        self.writer = Writer(self.settings)
        self.blocks = compiled_blocks(self.writer) if self.compiled else None
        assert (self.blocks is not None) == self.compiled

    def store(self, *batches: Fetched) -> None:
        async def run(agent: SinkAgent) -> None:
            await asyncio.gather(*(agent.store(batch) for batch in batches))

        agent = SinkAgent(self.writer, Topics(), self.blocks, linger=0.01)
        try:
            asyncio.run(run(agent))
        finally:
            agent.close()


def left_count(table: Table, reason: str) -> float:
    return REGISTRY.get_sample_value("omnitrack_rows_left_to_python_total", {"table": table, "reason": reason}) or 0


@pytest.mark.parametrize("compression", ["", "?compression=lz4"])
def test_clickhouse_shows_the_rows_that_were_written(clickhouse: ClickHouseSettings, compression: str) -> None:
    url = clickhouse.clickhouse.get_secret_value()
    sink = Stored(ClickHouseSettings.of(url + compression))
    before = left_count("touchpoints", "a column of another type")
    rows: list[Row] = [touchpoint_row(number, journey_id=None) for number in range(300)]
    promises: list[Row] = [promise_row(promise=f"p{number}", version=number) for number in range(20)]
    sink.store(fetched(SOURCES["touchpoints"], *map(encode, rows)))
    sink.store(fetched(SOURCES["promises"], *map(encode, [*promises, promise_row(promise="p3", version=1)])))
    assert sorted(map(repr, read_rows(clickhouse, "touchpoints"))) == sorted(map(repr, rows))
    assert sorted(map(repr, read_rows(clickhouse, "promises"))) == sorted(map(repr, promises))
    assert left_count("touchpoints", "a column of another type") == before


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("satisfaction_score", "Nullable(UInt32)"),
        ("details", "LowCardinality(String)"),
        ("intent", "Nullable(String)"),
        ("session_id", "String DEFAULT ''"),  # which has no place for None
        ("source_partition", "UInt8"),  # nor has this for 300
        ("handle_seconds", "Nullable(UInt8)"),  # nor this for 0.5
    ],
)
def test_columns_of_another_type_hold_what_python_would_have_written(
    clickhouse: ClickHouseSettings, column: str, kind: str
) -> None:
    rows = [
        changed(touchpoint_row(1), "touchpoint", handle_seconds=7.0, satisfaction_score=5),
        changed(touchpoint_row(2), "touchpoint", session_id=None, handle_seconds=0.5),
        changed(touchpoint_row(3), "origin", partition=300),
    ]
    batch = fetched(SOURCES["touchpoints"], *map(encode, rows))
    before = left_count("touchpoints", "a column of another type")
    with connected(clickhouse) as client:
        client.execute(f"ALTER TABLE touchpoints MODIFY COLUMN {column} {kind}")
        stored = []
        for sink in (Stored(clickhouse), Stored(clickhouse, compiled=False)):
            sink.store(batch)
            stored.append(
                [
                    client.execute("SELECT * FROM touchpoints ORDER BY event_id"),
                    client.execute("SELECT offset, error FROM rejected_rows FINAL ORDER BY offset"),
                ]
            )
            client.execute("TRUNCATE TABLE touchpoints")
            client.execute("TRUNCATE TABLE rejected_rows")
    compiled, by_python = stored
    assert compiled == by_python
    assert len(compiled[0]) + len(compiled[1]) == len(rows)
    assert left_count("touchpoints", "a column of another type") == before + len(rows)


@pytest.mark.parametrize("compiled", [True, False])
def test_times_of_another_precision_are_waited_for_and_the_log_names_the_column(
    clickhouse: ClickHouseSettings, compiled: bool
) -> None:
    row = touchpoint_row(1, journey_id=None)
    sink = Stored(clickhouse, compiled)
    storing = threading.Thread(target=sink.store, args=(fetched(SOURCES["touchpoints"], encode(row)),), daemon=True)
    with connected(clickhouse) as client, capture_logs() as logs:
        client.execute("ALTER TABLE touchpoints MODIFY COLUMN received_at DateTime64(6, 'UTC')")
        storing.start()
        try:
            eventually("the log names the column", lambda: "touchpoints.received_at" in str(logs))
            client.execute("ALTER TABLE touchpoints MODIFY COLUMN received_at DateTime64(3, 'UTC')")
            storing.join(30)
        finally:
            sink.writer.stop()
    assert list(map(repr, read_rows(clickhouse, "touchpoints"))) == [repr(row)]


def changed(row: TouchpointRow, part: str, **changes: object) -> TouchpointRow:
    return msgspec.structs.replace(row, **{part: msgspec.structs.replace(getattr(row, part), **changes)})


def test_a_record_that_is_none_and_a_row_that_clickhouse_refuses_stop_no_other(clickhouse: ClickHouseSettings) -> None:
    with connected(clickhouse) as client:
        client.execute("ALTER TABLE promises ADD CONSTRAINT known CHECK channel != 'broken'")
    before = left_count("promises", "refused by ClickHouse")
    sink = Stored(clickhouse)
    broken = encode(promise_row(promise="p1", channel="broken"))
    sink.store(fetched(SOURCES["promises"], encode(promise_row(promise="p0")), broken, partition=2, first=40))
    sink.store(fetched(SOURCES["promises"], b"{", encode(promise_row(promise="p2")), partition=3, first=7))
    assert left_count("promises", "refused by ClickHouse") == before + 2
    assert sorted(map(repr, read_rows(clickhouse, "promises"))) == [
        repr(promise_row(promise="p0")),
        repr(promise_row(promise="p2")),
    ]
    with connected(clickhouse) as client:
        places = client.execute("SELECT partition, offset FROM rejected_rows FINAL ORDER BY partition")
    assert places == [(2, 41), (3, 7)]
