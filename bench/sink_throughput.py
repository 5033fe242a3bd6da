"""Touchpoints per second into ClickHouse: through the writer alone, and through the sink agent from encoded records to
their acknowledgement, by the compiled core and by Python.

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
import psutil

from bench.report import Report, add_json_option
from schemas.rows import TouchpointRow
from schemas.topics import Topics
from schemas.touchpoint import Origin, Touchpoint
from sinks.clickhouse.agent import SinkAgent, latest, read, received
from sinks.clickhouse.blocks import Blocks, compiled_blocks
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


class Meter:
    """Times work; CPU seconds of this process and of the embedded server tell what a busy machine hides."""

    def __init__(self, rows: int, server: psutil.Process | None, found: Report) -> None:
        self._found = found
        self._rows = rows
        self._server = server
        print(f"{'':<44} {'rows/s':>10} {'CPU µs/row: sink':>18} {'server':>8}")

    def measure(self, label: str, work: Callable[[], object]) -> None:
        """Print the median of the rounds of `work`, which handles all rows."""
        seconds, own, servers = zip(*(self._round(work) for _ in range(ROUNDS)), strict=True)
        rate = self._rows / statistics.median(seconds)
        own_cpu, server_cpu = (statistics.median(cpu) / self._rows * 1e6 for cpu in (own, servers))
        self._found.add(what=label, touchpoints_per_s=rate, sink_s_per_million=own_cpu, server_s_per_million=server_cpu)
        print(f"{label:<44} {rate:>10,.0f} {own_cpu:>18.2f} {server_cpu:>8.2f}")

    def _round(self, work: Callable[[], object]) -> tuple[float, float, float]:
        started, own, server = time.perf_counter(), time.process_time(), self._server_cpu()
        work()
        return time.perf_counter() - started, time.process_time() - own, self._server_cpu() - server

    def _server_cpu(self) -> float:
        if self._server is None:
            return 0.0
        times = self._server.cpu_times()
        return float(times.user + times.system)


@contextmanager
def database(url: str | None) -> Iterator[tuple[ClickHouseSettings, psutil.Process | None]]:
    if url:
        yield ClickHouseSettings.of(url), None
        return
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedClickHouse.start(Path(folder))
        try:
            yield ClickHouseSettings.of(server.url), psutil.Process(server.child.process.pid)
        finally:
            server.child.terminate()


def run(settings: ClickHouseSettings, server: psutil.Process | None, rows: int, batch: int, found: Report) -> None:
    migrate(settings)
    values = [msgspec.msgpack.encode(row) for row in touchpoint_rows(rows)]
    batches = [
        Fetched(TOPICS.stitched, start % PARTITIONS, [Record(start + index, value) for index, value in enumerate(part)])
        for start in range(0, rows, batch)
        if (part := values[start : start + batch])
    ]
    feed = feeds_of(TOPICS)[TOPICS.stitched]
    entries: list[list[Entry]] = [read(received(fetched), feed)[0] for fetched in batches]
    writer = Writer(settings)

    meter = Meter(rows, server, found)
    meter.measure("decode", lambda: [read(received(fetched), feed) for fetched in batches])
    meter.measure("latest per key", lambda: [latest(part, feed) for part in entries])
    meter.measure("columns", lambda: [columns_of("touchpoints", [entry.row for entry in part]) for part in entries])
    meter.measure("Writer.write (columns, driver, server)", lambda: write_all(writer, entries))
    # Sizes are reckoned by the first of the two, which is what runs where the compiled core was built.
    if blocks := compiled_blocks(writer):
        meter.measure("SinkAgent.store (compiled)", lambda: asyncio.run(store_all(settings, batches, blocks)))
    meter.measure("SinkAgent.store (by Python alone)", lambda: asyncio.run(store_all(settings, batches, None)))
    client = connect(settings)
    [(stored,)] = client.execute("SELECT count() FROM touchpoints FINAL")
    client.disconnect()
    print(f"stored: {stored:,} rows")


def write_all(writer: Writer, batches: Sequence[Sequence[Entry]]) -> None:
    for entries in batches:
        writer.write("touchpoints", entries)


async def store_all(settings: ClickHouseSettings, batches: Sequence[Fetched], blocks: Blocks | None) -> None:
    """As the sink does it: at most two unacknowledged batches of each partition."""
    agent = SinkAgent(Writer(settings), TOPICS, blocks)
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
    add_json_option(parser)
    options = parser.parse_args()
    found = Report("sink_throughput", vars(options))
    with database(options.clickhouse) as (settings, server):
        run(settings, server, options.rows, options.batch, found)
    found.write(options.json)


if __name__ == "__main__":
    main()
