"""Asks ClickHouse for the fates of records, all read with FINAL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from clickhouse_driver import Client

from omnitrack.audit.account import Counts, PartitionCounts
from omnitrack.audit.findings import Irregularity
from omnitrack.offsets import Offsets, Partition

_QUERIES = Path(__file__).parent


def read_counts(
    client: Client, begins: Offsets, ends: Offsets, prefix: str, since: int
) -> dict[Partition, PartitionCounts]:
    """The counts of all partitions of topics that begin with `prefix` and have any fate, known to Kafka or not.

    Of records received at `since` (UTC milliseconds) or later.
    """
    places = sorted(ends)
    parameters = {
        "topics": [place.topic for place in places],
        "partitions": [place.number for place in places],
        "begins": [begins[place] for place in places],
        "ends": [ends[place] for place in places],
        "prefix": prefix,
        "since": since,
    }
    return {
        Partition(topic, number): PartitionCounts(Counts(*row[:4]), Counts(*row[4:8]), row[8])
        for topic, number, *row in client.execute(_query("counts"), parameters)
    }


def read_irregularities(
    client: Client, place: Partition, begin: int, end: int, end_now: int, since: int
) -> Iterator[Irregularity]:
    """As `findings.collect` takes them, row by row; the client is free for other queries when they have ended."""
    parameters = {
        "topic": place.topic,
        "partition": place.number,
        "begin": begin,
        "end": end,
        "end_now": end_now,
        "since": since,
    }
    for previous, previous_fate, offset, fate in client.execute_iter(_query("irregular"), parameters):
        yield Irregularity(previous, previous_fate or None, offset, fate or None)


def _query(name: str) -> str:
    return (_QUERIES / f"{name}.sql").read_text()
