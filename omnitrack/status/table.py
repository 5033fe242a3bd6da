"""The status report for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from rich.console import RenderableType
from rich.table import Table

from omnitrack.replication import TopicTrouble
from omnitrack.status.report import Account, ProcessStatus, Report, TopicStatus


def render(report: Report) -> Iterator[RenderableType]:
    """The parts of the report that are known, one after the other."""
    yield f"Kafka {report.kafka}, ClickHouse {report.clickhouse}"
    if report.processes:
        yield _processes(report.processes)
    if report.topics:
        yield _topics(report.topics)
    if report.replication:
        yield _replication(report.replication)
    if report.rows:
        yield _counts("rows", "table", report.rows)
    if report.dead_letters:
        yield _counts("dead letters", "reason", report.dead_letters)
    if report.account:
        yield account_line(report.account)


def account_line(account: Account) -> str:
    """`received 10 = stored 7 + dead 1 + duplicate 2`, and what is missing or expired, if anything is."""
    left = f"received {account.received:,}" + (f" + expired {account.expired:,}" if account.expired else "")
    right = f"stored {account.stored:,} + dead {account.dead:,} + duplicate {account.duplicate:,}"
    if account.missing > 0:
        right += f" + missing {account.missing:,}"
    if account.missing < 0:
        right += f" - unknown to the broker {-account.missing:,}"
    return f"{left} = {right}"


def _processes(processes: tuple[ProcessStatus, ...]) -> Table:
    table = _table("processes", ("process", "state"), ("pid", "up for", "restarts"))
    table.add_column("page", overflow="fold")
    for process in processes:
        uptime = str(timedelta(seconds=process.uptime_seconds))
        table.add_row(process.name, process.state, str(process.pid), uptime, str(process.restarts), process.page)
    return table


def _topics(topics: tuple[TopicStatus, ...]) -> Table:
    table = _table("topics", ("topic", "group"), ("records", "lag"))
    for topic in topics:
        table.add_row(topic.topic, topic.group, f"{topic.records:,}", f"{topic.lag:,}")
    return table


def _replication(troubled: tuple[TopicTrouble, ...]) -> Table:
    counted = ("replicas", "wanted", "partitions", "under-replicated", "take no writes", "offline")
    table = _table("topics that too few brokers have", ("topic",), counted)
    for one in troubled:
        lacking = (one.under_replicated, one.read_only, one.offline)
        counts = (one.replicas, one.wanted, one.partitions, *map(len, lacking))
        table.add_row(one.topic, *map(str, counts))
    return table


def _counts(title: str, of: str, counts: dict[str, int]) -> Table:
    table = _table(title, (of,), ("count",))
    for name, count in counts.items():
        table.add_row(name, f"{count:,}")
    return table


def _table(title: str, names: Sequence[str], numbers: Sequence[str]) -> Table:
    """A table that cuts nothing off: where a terminal has no room, a name or a number goes on in the next line."""
    table = Table(title=title, title_justify="left")
    for column in names:
        table.add_column(column, overflow="fold")
    for column in numbers:
        table.add_column(column, justify="right", overflow="fold")
    return table
