"""How long the audit's queries take: python -m bench.audit [touchpoints] [folder]

Fills an embedded ClickHouse (in a folder that is kept if given) with touchpoints of 24 partitions, then counts all
fates, and looks through one partition offset by offset.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from clickhouse_driver import Client

from omnitrack.audit.account import Range
from omnitrack.audit.fates import read_counts, read_irregularities
from omnitrack.audit.findings import collect
from omnitrack.offsets import Partition
from schemas.topics import Topics
from sinks.clickhouse.client import connected
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.settings import ClickHouseSettings
from tests.support.clickhouse import EmbeddedClickHouse

PARTITIONS = 4
AT_ONCE = 500_000
FILL = """
INSERT INTO touchpoints (customer_id, channel, event_id, occurred_at, touchpoint, stage, outcome, received_at,
    source_topic, source_partition, source_offset, version, details)
SELECT 'C-' || toString(cityHash64(number) % 300000), {channels:Array(String)}[number % 6 + 1] AS at,
    'event-' || toString(number), fromUnixTimestamp64Milli(toInt64(1770000000000 + number * 500), 'UTC') AS occurred,
    'card.report_lost', 'serve', 'progressed', occurred, {prefix:String} || at, intDiv(number, 6) % 4,
    intDiv(number, 24), number, '{}'
FROM numbers({first:UInt64}, {count:UInt64})
"""


def fill(client: Client, topics: Topics, rows: int) -> None:
    present = client.execute("SELECT count() FROM touchpoints")[0][0]
    for first in range(present, rows, AT_ONCE):
        parameters = {
            "channels": list(topics.channels),
            "prefix": topics.touchpoints(""),
            "first": first,
            "count": min(AT_ONCE, rows - first),
        }
        client.execute(FILL, parameters)


def all_of(offsets: Range) -> range:
    return range(offsets.first, offsets.last + 1)


def measure(client: Client, topics: Topics, rows: int) -> None:
    places = [Partition(topic, number) for topic in topics.inputs for number in range(PARTITIONS)]
    begins, ends = dict.fromkeys(places, 100), dict.fromkeys(places, rows // len(places))
    began = time.perf_counter()
    counts = read_counts(client, begins, ends, topics.touchpoints(""), 0)
    seconds = time.perf_counter() - began
    assert all(counts[place].add_up(begins[place], ends[place], ends[place]) for place in places)
    print(f"all fates counted: {rows:,} rows in {seconds:.2f} s, {rows / seconds:,.0f} rows/s")
    began = time.perf_counter()
    end = ends[places[0]] + 5
    findings = collect(read_irregularities(client, places[0], 100, end, end, 0), 100, end, end, all_of)
    seconds = time.perf_counter() - began
    assert findings.missing == findings.count == 5
    print(f"one partition of {len(places)} looked through: {seconds:.2f} s")


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 4_800_000
    with tempfile.TemporaryDirectory() as temporary:
        server = EmbeddedClickHouse.start(Path(sys.argv[2] if len(sys.argv) > 2 else temporary))
        try:
            settings = ClickHouseSettings.of(server.url)
            migrate(settings)
            with connected(settings) as client:
                fill(client, Topics(), rows)
                measure(client, Topics(), rows)
        finally:
            server.child.terminate()


if __name__ == "__main__":
    main()
