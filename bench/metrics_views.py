"""How long each metric's view takes for a month of many touchpoints.

`python -m bench.metrics_views [--touchpoints N] [--months N] [--clickhouse URL]`; without a URL it starts the embedded
server in a temporary folder (100 million touchpoints need about 15 GB). The last month is asked for, and one that is
long past. Rows are written straight into the tables, in the order of time, with the versions that late touchpoints
would have replaced; nothing is merged by hand. Prints the median of five answers, and the processor's time that each
took: what two idle cores need is at least half of it. Only this may ask that server meanwhile.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from clickhouse_driver import Client

from bench.report import Report, add_json_option
from schemas.catalogue import load_catalogue
from sinks.clickhouse.client import connected
from sinks.clickhouse.metrics import DAY, Question, ask, list_metrics
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.settings import ClickHouseSettings
from tests.support.clickhouse import EmbeddedClickHouse

ROWS = Path(__file__).parent / "metrics_rows"
CATALOGUE = Path(__file__).parents[1] / "deploy" / "catalogue.yaml"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
MONTH = 30 * DAY
TOUCHPOINTS_OF_A_JOURNEY = 5
JOURNEYS_OF_A_CUSTOMER_AND_MONTH = 0.8
CHUNK = 200_000  # journeys written at once
ROUNDS = 5
LIMIT = 1.0
PROCESSOR_TIME = "SELECT value / 1e6 FROM system.events WHERE event = 'OSCPUVirtualTimeMicroseconds'"
Fill = dict[str, float | int]


def fill(client: Client, touchpoints: int, months: int) -> None:
    """Write that many touchpoints, spread evenly over the months, and all rows that belong to them."""
    journeys = touchpoints // TOUCHPOINTS_OF_A_JOURNEY
    common: Fill = {
        "since": round(SINCE.timestamp() * 1000),
        "pace": months * MONTH.total_seconds() * 1000 / journeys,
        "customers": round(journeys / months / JOURNEYS_OF_A_CUSTOMER_AND_MONTH) or 1,
    }
    for first in range(0, journeys, CHUNK):
        chunk: Fill = {**common, "first": first, "count": min(CHUNK, journeys - first)}
        run(client, "touchpoints", chunk)
        # Late touchpoints: what was stored before they came, then what holds.
        run(client, "journeys", {**chunk, "version": 1, "delay": 600_000, "every": 20})
        run(client, "journeys", {**chunk, "version": 2, "delay": 0, "every": 1})
        run(client, "handoffs", {**chunk, "version": 1, "every": 4})
        run(client, "handoffs", {**chunk, "version": 2, "every": 1})
        run(client, "promises", {**chunk, "version": 1, "every": 1})
        run(client, "promises", {**chunk, "version": 2, "every": 1})


def run(client: Client, table: str, parameters: Fill) -> None:
    settings = {"max_partitions_per_insert_block": 0, "server_side_params": True}
    client.execute((ROWS / f"{table}.sql").read_text(), parameters, settings=settings)


def measure(client: Client, question: Question, names: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Seconds until the answer and seconds of the processor per metric, each the median."""
    found = {}
    for metric in list_metrics():
        if names and metric.name not in names:
            continue
        seconds, processor = [], []
        for _ in range(ROUNDS):
            begun, used = time.perf_counter(), processor_time(client)
            ask(client, metric, question)
            seconds.append(time.perf_counter() - begun)
            processor.append(processor_time(client) - used)
        found[metric.name] = statistics.median(seconds), statistics.median(processor)
    return found


def processor_time(client: Client) -> float:
    """Seconds of the processor that the server has used."""
    [(seconds,)] = client.execute(PROCESSOR_TIME)
    return float(seconds)


def report(client: Client, months: int, names: Sequence[str], found: Report) -> None:
    parts = "SELECT table, sum(rows), count(), uniq(partition), sum(bytes_on_disk) FROM system.parts WHERE active"
    for table, rows, count, partitions, size in client.execute(
        f"{parts} AND database = currentDatabase() AND rows > 0 GROUP BY table ORDER BY sum(rows) DESC"
    ):
        found.add(what=f"table {table}", rows=rows, disk_mb=size / 1e6)
        print(f"{table:<14} {rows:>12,} rows  {count:>4} parts in {partitions} months  {size / 1e9:>6.2f} GB")
    last = SINCE + (months - 1) * MONTH
    long_past = SINCE + (months // 3) * MONTH
    answers = [measure(client, Question(at, at + MONTH), names) for at in (last, long_past)]
    print(f"\n{'seconds for a month':<28} {'the last':>10} {'processor':>10} {'long past':>10} {'processor':>10}")
    for name in answers[0]:
        figures = [figure for one in answers for figure in one[name]]
        found.add(what=name, last_month_s=figures[0], past_month_s=figures[2], processor_s=figures[1])
        slow = " *" if max(figures[0], figures[2]) > LIMIT else ""
        print(f"{name:<28} {' '.join(f'{figure:>10.2f}' for figure in figures)}{slow}")


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--touchpoints", type=int, default=100_000_000)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--clickhouse", metavar="URL", help="a database of its own; filled only if it has no journeys")
    parser.add_argument("--metric", action="append", default=[], help="only this one; may be given again")
    add_json_option(parser)
    options = parser.parse_args()
    found = Report("metrics_views", vars(options))
    with database(options.clickhouse) as settings:
        migrate(settings, load_catalogue(CATALOGUE))
        with connected(settings) as client:
            begun = time.perf_counter()
            if not client.execute("SELECT 1 FROM journeys LIMIT 1"):
                fill(client, options.touchpoints, options.months)
                print(f"filled in {time.perf_counter() - begun:.0f} s")
            report(client, options.months, options.metric, found)
    found.write(options.json)


if __name__ == "__main__":
    main()
