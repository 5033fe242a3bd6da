"""Touchpoints per second into ClickHouse: through the writer alone, and through the sink agent from encoded records.

`python -m bench.sink_throughput [--rows N] [--batch N] [--clickhouse URL]`; without a URL it starts the embedded
server in a temporary folder. Prints the median of three rounds and where the sink's own time goes.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from schemas.rows import TouchpointRow
from schemas.topics import Topics
from schemas.touchpoint import Origin, Touchpoint
from sinks.clickhouse.agent import SinkAgent, latest, read_batch
from sinks.clickhouse.client import connect
from sinks.clickhouse.columns import columns_of
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.writer import Writer
from sinks.feeds import feeds_of
from sinks.port import Entry
from tests.support.clickhouse import EmbeddedClickHouse

TOPICS = Topics()
ROUNDS = 3
PARTITIONS = 4
SINCE = 1_795_000_000_000


@dataclass(frozen=True, slots=True)
class Record:
    offset: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Fetched:
    topic: str
    partition: int
    records: Sequence[Record]


def touchpoint_rows(count: int) -> Iterator[TouchpointRow]:
    """Plausible touchpoints of five thousand customers, four to a journey."""
    for number in range(count):
        customer, journey = f"C-{number // 4 % 5_000:06}", number // 4
        touchpoint = Touchpoint(
            ("hotline", "branch", "mobile_app", "online_banking")[number % 4],
            f"event-{number}",
            SINCE + number * 500,
            "call.answered",
            "serve",
            session_id=f"session-{number // 2}",
            intent="card_replacement",
            wait_seconds=float(number % 600),
            handle_seconds=120.0,
            answers={"fee": "12"},
            identities={"customer_no": customer, "phone": f"+49 30 {number % 100_000}"},
            details=f'{{"agent_id":"a{number % 40}","call_id":"c{number}"}}',
        )
        origin = Origin("omnitrack.touchpoints.hotline", number % PARTITIONS, number // PARTITIONS)
        yield TouchpointRow(customer, touchpoint, f"00000000-0000-4000-8000-{journey:012x}", SINCE + number, origin, 1)


def measure(label: str, count: int, work: Callable[[], object]) -> None:
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    median = statistics.median(seconds)
    print(f"{label:<44} {count / median:>10,.0f} rows/s {median / count * 1e6:>8.2f} µs/row")


@contextmanager
def database(url: str | None) -> Iterator[ClickHouseSettings]:
    if url:
        yield ClickHouseSettings.of(url)
        return
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedClickHouse.start(Path(folder))
        try:
            yield ClickHouseSettings.of(server.url)
        finally:
            server.child.terminate()


def run(settings: ClickHouseSettings, rows: int, batch: int) -> None:
    migrate(settings)
    values = [msgspec.msgpack.encode(row) for row in touchpoint_rows(rows)]
    batches = [
        Fetched(TOPICS.stitched, start % PARTITIONS, [Record(start + index, value) for index, value in enumerate(part)])
        for start in range(0, rows, batch)
        if (part := values[start : start + batch])
    ]
    feed = feeds_of(TOPICS)[TOPICS.stitched]
    entries: list[list[Entry]] = [read_batch(fetched, feed)[0] for fetched in batches]
    writer = Writer(settings)

    measure("decode", rows, lambda: [read_batch(fetched, feed) for fetched in batches])
    measure("latest per key", rows, lambda: [latest(part, feed) for part in entries])
    measure("columns", rows, lambda: [columns_of("touchpoints", [entry.row for entry in part]) for part in entries])
    measure("Writer.write (columns, driver, server)", rows, lambda: write_all(writer, entries))
    measure("SinkAgent.store (decode to acknowledged)", rows, lambda: asyncio.run(store_all(settings, batches)))
    client = connect(settings)
    [(stored,)] = client.execute("SELECT count() FROM touchpoints FINAL")
    client.disconnect()
    print(f"stored: {stored:,} rows")


def write_all(writer: Writer, batches: Sequence[Sequence[Entry]]) -> None:
    for entries in batches:
        writer.write("touchpoints", entries)


async def store_all(settings: ClickHouseSettings, batches: Sequence[Fetched]) -> None:
    """As the sink does it: at most two unacknowledged batches of each partition."""
    agent = SinkAgent(Writer(settings), TOPICS)
    room = asyncio.Semaphore(2 * PARTITIONS)

    async def store(fetched: Fetched) -> None:
        async with room:
            await agent.store(fetched)

    await asyncio.gather(*(store(fetched) for fetched in batches))
    agent.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--batch", type=int, default=5_000, help="records fetched together")
    parser.add_argument("--clickhouse", metavar="URL", help="its database must be empty")
    options = parser.parse_args()
    with database(options.clickhouse) as settings:
        run(settings, options.rows, options.batch)


if __name__ == "__main__":
    main()
