"""The account of records adds up by definition; what is missing, or unknown to the broker, is named."""

from __future__ import annotations

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from omnitrack.offsets import Partition
from omnitrack.runtime import ProcessEntry, Runtime
from omnitrack.status.report import (
    Account,
    Fates,
    GroupOffsets,
    ProcessStatus,
    Report,
    TopicStatus,
    account_for,
    process_statuses,
    topic_statuses,
)
from omnitrack.status.table import account_line, render

ATM, BRANCH = Partition("omnitrack.touchpoints.atm", 0), Partition("omnitrack.touchpoints.branch", 0)
COUNTS = st.integers(0, 10_000)
RANGES = st.dictionaries(st.sampled_from([ATM, BRANCH]), st.tuples(COUNTS, COUNTS).map(sorted))


@given(ranges=RANGES, stored=COUNTS, dead=COUNTS, duplicate=COUNTS)
def test_both_sides_of_the_account_are_equal(
    ranges: dict[Partition, list[int]], stored: int, dead: int, duplicate: int
) -> None:
    begins = {partition: begin for partition, (begin, _) in ranges.items()}
    ends = {partition: end for partition, (_, end) in ranges.items()}
    account = account_for(begins, ends, Fates(stored, dead, duplicate))
    left = account.received + account.expired
    assert left == account.stored + account.dead + account.duplicate + account.missing
    assert left == sum(ends.values())


@pytest.mark.parametrize(
    ("account", "line"),
    [
        (Account(1000, 0, 900, 60, 40, 0), "received 1,000 = stored 900 + dead 60 + duplicate 40"),
        (Account(10, 5, 12, 1, 0, 2), "received 10 + expired 5 = stored 12 + dead 1 + duplicate 0 + missing 2"),
        (Account(0, 0, 3, 0, 0, -3), "received 0 = stored 3 + dead 0 + duplicate 0 - unknown to the broker 3"),
    ],
)
def test_the_account_reads_as_an_equation(account: Account, line: str) -> None:
    assert account_line(account) == line


def test_a_narrow_terminal_gets_whole_names() -> None:
    topics = (TopicStatus(ATM.topic, "omnitrack-streams", records=1_234_567, lag=0),)
    report = Report("kafka:9092", "clickhouse://clickhouse:9000", topics=topics)
    console = Console(width=36, file=StringIO(), record=True)
    for part in render(report):
        console.print(part)
    told = console.export_text()
    assert "…" not in told
    column = "".join(line.split("│")[1].strip() for line in told.splitlines() if line.startswith("│"))
    assert column == ATM.topic


def test_a_topic_has_the_records_and_the_lag_of_all_its_partitions() -> None:
    other = Partition(ATM.topic, 1)
    offsets = GroupOffsets(
        "omnitrack-streams", begins={ATM: 10}, ends={ATM: 30, other: 5, BRANCH: 2}, committed={ATM: 25}
    )
    assert topic_statuses(offsets) == (
        TopicStatus(ATM.topic, "omnitrack-streams", records=25, lag=10),
        TopicStatus(BRANCH.topic, "omnitrack-streams", records=2, lag=2),
    )


def test_processes_are_up_since_they_were_last_started() -> None:
    broker = ProcessEntry(pid=8, started_at=61_000, restarts=2, state="up")
    runtime = Runtime("k:1", "c", pid=7, started_at=1_000, kafka_in_memory=True, processes={"broker": broker})
    assert process_statuses(runtime, now=62_500) == (
        ProcessStatus("up", 7, "up", 61, 0),
        ProcessStatus("broker", 8, "up", 1, 2),
    )
