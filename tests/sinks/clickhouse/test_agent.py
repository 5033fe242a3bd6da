"""A fetched batch is stored whole, or kept among the rejected rows, before it may be acknowledged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.topics import Topics
from sinks.clickhouse.agent import SinkAgent, latest, read, received
from sinks.feeds import feeds_of
from sinks.port import Row, SinkStopped
from tests.sinks.memory_sink import MemorySink
from tests.sinks.rows import ROWS, entry, promise_row, touchpoint_row

TOPICS = Topics()
FEEDS = feeds_of(TOPICS)
PATIENCE = 60.0


@dataclass(frozen=True)
class Record:
    offset: int
    value: bytes | None


@dataclass(frozen=True)
class Fetched:
    topic: str
    partition: int
    records: tuple[Record, ...]


def fetched(topic: str, *values: bytes | None, partition: int = 0, first: int = 0) -> Fetched:
    return Fetched(topic, partition, tuple(Record(first + index, value) for index, value in enumerate(values)))


@contextmanager
def agent_of(sink: MemorySink, linger: float = 0.01) -> Iterator[SinkAgent]:
    agent = SinkAgent(sink, TOPICS, linger=linger)
    try:
        yield agent
    finally:
        agent.close()


def store(sink: MemorySink, *batches: Fetched) -> None:
    async def run(agent: SinkAgent) -> None:
        await asyncio.gather(*(agent.store(batch) for batch in batches))

    with agent_of(sink) as agent:
        asyncio.run(run(agent))


def test_rows_of_every_output_topic_reach_their_table() -> None:
    sink = MemorySink()
    store(
        sink,
        fetched(TOPICS.stitched, msgspec.msgpack.encode(touchpoint_row(1))),
        fetched(TOPICS.promises, msgspec.json.encode(promise_row())),
    )
    assert sink.held("touchpoints") == [touchpoint_row(1)]
    assert sink.held("promises") == [promise_row()]


def test_partitions_of_a_topic_share_one_write() -> None:
    sink = MemorySink()
    row = [msgspec.json.encode(promise_row(promise=f"p{partition}")) for partition in range(4)]
    store(sink, *(fetched(TOPICS.promises, row[partition], partition=partition) for partition in range(4)))
    assert sink.writes == [("promises", 4)]


def test_of_many_versions_of_a_row_only_the_greatest_is_written() -> None:
    sink = MemorySink()
    versions = [3, 9, 1]
    store(sink, fetched(TOPICS.promises, *(msgspec.json.encode(promise_row(version=number)) for number in versions)))
    assert sink.writes == [("promises", 1)]
    assert sink.held("promises") == [promise_row(version=9)]


def test_unreadable_records_are_kept_with_their_place_and_stop_no_other() -> None:
    sink = MemorySink()
    good = msgspec.json.encode(promise_row())
    store(sink, fetched(TOPICS.promises, b"{", good, None, b"\xff", partition=2, first=40))
    assert sink.held("promises") == [promise_row()]
    assert {place: it.payload for place, it in sink.rejected.items()} == {
        (TOPICS.promises, 2, 40): b"{",
        (TOPICS.promises, 2, 42): b"",
        (TOPICS.promises, 2, 43): b"\xff",
    }


def test_nothing_is_stored_as_long_as_the_store_is_away() -> None:
    sink = MemorySink()
    sink.there.clear()
    batch = fetched(TOPICS.promises, msgspec.json.encode(promise_row()))

    async def run(agent: SinkAgent) -> None:
        storing = asyncio.create_task(agent.store(batch))
        assert await asyncio.to_thread(sink.asked.wait, PATIENCE)
        assert not storing.done()
        sink.there.set()
        await asyncio.wait_for(storing, PATIENCE)

    with agent_of(sink) as agent:
        asyncio.run(run(agent))
    assert sink.held("promises") == [promise_row()]


def closed_while_storing(sink: MemorySink, *, asked: bool) -> None:
    """Close an agent that was given a batch, once the sink is `asked` to write it or before; it must be given up."""
    batch = fetched(TOPICS.promises, msgspec.json.encode(promise_row()))

    async def run(agent: SinkAgent) -> None:
        storing = asyncio.create_task(agent.store(batch))
        await asyncio.sleep(0)
        assert not asked or await asyncio.to_thread(sink.asked.wait, PATIENCE)
        # In the loop, where no turn to write can come between.
        agent.close()
        with pytest.raises(SinkStopped):
            await storing

    with agent_of(sink) as agent:
        asyncio.run(run(agent))


def test_closing_gives_up_what_waits_so_that_it_is_not_acknowledged() -> None:
    sink = MemorySink()
    sink.there.clear()
    closed_while_storing(sink, asked=True)
    assert sink.held("promises") == []


def test_closing_gives_up_what_waits_for_others_to_share_its_write() -> None:
    sink = MemorySink()
    closed_while_storing(sink, asked=False)
    assert sink.held("promises") == []


@pytest.mark.parametrize(("age", "busy_rows", "waits"), [(60, 2, True), (0, 1, True), (0, 2, False)])
def test_a_backlog_and_large_writes_are_written_in_fewer_and_larger_pieces(
    age: int, busy_rows: int, waits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sinks.clickhouse.agent.BUSY_ROWS", busy_rows)
    received_at = (time.time_ns() // 1_000_000) - 1000 * age
    rows = [msgspec.msgpack.encode(touchpoint_row(number, received_at=received_at)) for number in range(3)]
    agent = SinkAgent(MemorySink(), TOPICS, linger=0.0, interval=0.0, busy_interval=600.0, behind_interval=600.0)

    async def run() -> bool:
        first, second, third = (agent.store(fetched(TOPICS.stitched, row)) for row in rows)
        await first  # tells that it is behind, or busy
        await second  # starts the interval
        storing = asyncio.create_task(third)
        done, _ = await asyncio.wait([storing], timeout=0.2 if waits else 60)
        storing.cancel()
        return not done

    try:
        assert asyncio.run(run()) == waits
    finally:
        agent.close()


@given(st.lists(ROWS["journeys"], max_size=12))
def test_the_latest_of_a_batch_are_what_a_model_keeps(rows: list[Row]) -> None:
    feed = FEEDS[TOPICS.journeys]
    batch = fetched(TOPICS.journeys, *(msgspec.json.encode(row) for row in rows))
    entries, rejections = read(received(batch), feed)
    model: dict[object, object] = {}
    for row in sorted(rows, key=feed.version):
        model[feed.key(row)] = row
    assert not rejections
    assert {feed.key(held.row): held.row for held in latest(entries, feed)} == model


def test_of_equal_versions_the_later_one_is_written() -> None:
    feed = FEEDS[TOPICS.promises]
    entries = [entry(promise_row(status=status), offset) for offset, status in enumerate(["pending", "kept"])]
    assert [held.offset for held in latest(entries, feed)] == [1]
