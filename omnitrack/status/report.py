"""The status report and its arithmetic. Pure."""

from __future__ import annotations

import msgspec

from omnitrack.offsets import Offsets, between, lag, per_topic
from omnitrack.replication import TopicTrouble
from omnitrack.runtime import Runtime


class TopicStatus(msgspec.Struct, frozen=True):
    """`records` are kept in the topic now, `lag` of them `group` has not committed yet."""

    topic: str
    group: str
    records: int
    lag: int


class Fates(msgspec.Struct, frozen=True):
    """What became of received records, by the counts of ClickHouse."""

    stored: int
    dead: int
    duplicate: int


class Account(msgspec.Struct, frozen=True):
    """received + expired = stored + dead + duplicate + missing.

    `received` is what the touchpoints topics hold now, `expired` what their retention has removed; `missing` is still
    on its way while there is lag, and lost otherwise. A negative `missing`: ClickHouse knows records that the broker
    does not, as after its topics were deleted.
    """

    received: int
    expired: int
    stored: int
    dead: int
    duplicate: int
    missing: int


class ProcessStatus(msgspec.Struct, frozen=True):
    """A process of the running `up`; `page` is where its meters are."""

    name: str
    pid: int
    state: str
    uptime_seconds: int
    restarts: int
    page: str | None = None


class Report(msgspec.Struct, frozen=True):
    """`problems` say what could not be asked; what they leave unknown is empty or None.

    `replication` holds the topics that too few brokers have; `warnings` say of what works still that it is at risk.
    """

    kafka: str
    clickhouse: str
    topics: tuple[TopicStatus, ...] = ()
    rows: dict[str, int] = {}
    dead_letters: dict[str, int] = {}
    account: Account | None = None
    processes: tuple[ProcessStatus, ...] = ()
    replication: tuple[TopicTrouble, ...] = ()
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class GroupOffsets(msgspec.Struct, frozen=True):
    """Offsets of all topics that `group` reads."""

    group: str
    begins: Offsets
    ends: Offsets
    committed: Offsets


def topic_statuses(offsets: GroupOffsets) -> tuple[TopicStatus, ...]:
    """Records and lag of each topic that the group reads, by the topic's name."""
    behind = per_topic(lag(offsets.ends, offsets.committed, offsets.begins))
    kept = per_topic(between(offsets.begins, offsets.ends))
    return tuple(
        TopicStatus(topic, offsets.group, records, behind.get(topic, 0)) for topic, records in sorted(kept.items())
    )


def account_for(begins: Offsets, ends: Offsets, fates: Fates) -> Account:
    """The account of the touchpoints topics whose begins and ends these are."""
    received, expired = sum(between(begins, ends).values()), sum(begins.values())
    known = fates.stored + fates.dead + fates.duplicate
    return Account(
        received=received,
        expired=expired,
        stored=fates.stored,
        dead=fates.dead,
        duplicate=fates.duplicate,
        missing=received + expired - known,
    )


def process_statuses(runtime: Runtime, now: int) -> tuple[ProcessStatus, ...]:
    """The supervisor and its processes at `now` (UTC milliseconds)."""

    def since(started_at: int) -> int:
        return max(0, now - started_at) // 1000

    supervisor = ProcessStatus("up", runtime.pid, "up", since(runtime.started_at), 0)
    return supervisor, *(
        ProcessStatus(name, entry.pid, entry.state, since(entry.started_at), entry.restarts, entry.page)
        for name, entry in sorted(runtime.processes.items())
    )
