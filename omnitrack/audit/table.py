"""The audit for a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table

from omnitrack.audit.account import Audit, PartitionAccount, Range, Shared
from omnitrack.audit.findings import MOST_LISTED

_COLUMNS = ("partitions", "received", "stored", "dead", "duplicate", "missing", "shared", "unknown")


def render(audit: Audit) -> Iterator[RenderableType]:
    """A table of the topics, then a line for each partition that does not add up, and what it comes to."""
    yield _topics(audit.partitions)
    expired = sum(account.begin for account in audit.partitions)
    if expired:
        without = sum(account.expired_without_fate for account in audit.partitions)
        yield f"expired: {expired:,} offsets that Kafka keeps no more, {without:,} of them without a fate"
    for account in audit.partitions:
        yield from _findings(account)
    yield _verdict(audit)


def _topics(accounts: Sequence[PartitionAccount]) -> Table:
    by_topic: defaultdict[str, list[PartitionAccount]] = defaultdict(list)
    for account in accounts:
        by_topic[account.topic].append(account)
    table = Table(title="records that Kafka keeps", title_justify="left")
    table.add_column("topic", overflow="fold", min_width=20)
    for column in _COLUMNS:
        table.add_column(column, justify="right")
    for topic, of_topic in by_topic.items():
        sums = [
            len(of_topic),
            *(sum(getattr(account, name) for account in of_topic) for name in _COLUMNS[1:5]),
            *(sum(getattr(account.findings, name) for account in of_topic) for name in _COLUMNS[5:]),
        ]
        table.add_row(topic, *(f"{value:,}" for value in sums))
    return table


def _findings(account: PartitionAccount) -> Iterator[str]:
    findings = account.findings
    for count, what, listed in (
        (findings.missing, "records without a fate", findings.missing_ranges),
        (findings.shared, "records with more than one fate", findings.shared_offsets),
        (findings.unknown, "fates of records that never were", findings.unknown_ranges),
    ):
        if count:
            yield f"{account.topic}:{account.partition}: {count:,} {what}: offsets {_listed(listed)}"


def _listed(found: Sequence[Range | Shared]) -> str:
    more = ", and more (not all are listed)" if len(found) == MOST_LISTED else ""
    return ", ".join(map(str, found)) + more


def _verdict(audit: Audit) -> str:
    if audit.adds_up:
        return "adds up: every record has exactly one fate"
    if audit.behind:
        return f"does not add up, but {audit.behind}: records may be on their way, audit again after `omnitrack drain`"
    return "does not add up"
