"""One round of chaos: a deployment under load and fire, then healed, drained and judged."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import count
from pathlib import Path

import pytest

from omnitrack.audit.account import Audit
from omnitrack.audit.run import audit
from omnitrack.broker_reader import BrokerReader
from omnitrack.drain import Drained, Stage, TopicsMissing, drain, drain_stages
from omnitrack.settings import Endpoints
from schemas.catalogue import Catalogue, load_catalogue
from schemas.topics import Topics
from sinks.clickhouse.migrate import migrate
from sources.simulator.senders import SendFailedError
from streams.provision import ensure_topics
from tests.chaos.evidence import read_inputs, read_tables
from tests.chaos.fleet import Fleet, NotReady, Say
from tests.chaos.load import Load, deliveries
from tests.chaos.schedule import SESSION_SECONDS, SINK, Action, Schedule, Strike, worker
from tests.chaos.verdict import differences
from tests.support.child import ServerFailed

PARTITIONS = 4
DRAIN_SECONDS = 240.0
SETTLE_SECONDS = 20.0
"""Rows change within 5 seconds of a deadline, and one may pass while the rows are read."""


@dataclass(slots=True)
class Report:
    """What a round did and found; `differences` are empty if all is well."""

    schedule: Schedule
    struck: Counter[Action] = field(default_factory=Counter)
    exits: Counter[str] = field(default_factory=Counter)
    """Processes that ended without being killed, and how: what they need was away for too long, or something broke."""
    records: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    audited: int = 0
    """Records of which the audit says that each has exactly one fate."""
    healed_seconds: float = 0.0
    drained_seconds: float = 0.0
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        strikes = ", ".join(f"{number} {action}" for action, number in sorted(self.struck.items()))
        exits = ", ".join(f"{number} times {end}" for end, number in sorted(self.exits.items()))
        rows = ", ".join(f"{number:,} {table}" for table, number in self.rows.items())
        verdict = "\n".join(self.differences) or "rows equal the pure function's"
        return (
            f"seed {self.schedule.seed}, {self.schedule.seconds:.0f} s: {strikes}\n"
            f"ended by themselves: {exits or 'none'}\n"
            f"{self.records:,} records: {rows}\n"
            f"healed in {self.healed_seconds:.1f} s, drained in {self.drained_seconds:.1f} s\n"
            f"audit: {self.audited:,} records have exactly one fate\n{verdict}"
        )


def play(schedule: Schedule, folder: Path, say: Say) -> Report:
    """Play the schedule on a deployment of its own, whose data and logs go to `folder`; `say` gets lines."""
    prefix = f"chaos-{uuid.uuid4().hex[:8]}."
    report = Report(schedule)
    catalogue = load_catalogue(None)
    with _environment(prefix), Fleet.start(folder, prefix, schedule.delay, say) as fleet:
        _prepare(fleet.endpoints)
        played = deliveries(schedule.seed, schedule.records, catalogue, now())
        load = Load(fleet.endpoints.kafka, Topics(prefix), played, schedule.backlog, schedule.seconds)
        try:
            load.publish_backlog()
            for name in (SINK, *map(worker, range(1, schedule.workers + 1))):
                fleet.add(name)
            fleet.await_members()
            load.start()
            Campaign(fleet, schedule, report, say).fight()
            _settle(fleet, load, report)
            report.differences += _judge(fleet.endpoints, catalogue, report)
            report.differences += _audit(fleet.endpoints, report)
        except (NotReady, ServerFailed, SendFailedError) as error:
            report.differences.append(str(error))
        finally:
            report.exits.update(fleet.exits)
            load.close()
    return report


class Campaign:
    """Carries a schedule out: each strike at its time, and its end `seconds` later."""

    def __init__(self, fleet: Fleet, schedule: Schedule, report: Report, say: Say) -> None:
        self._fleet = fleet
        self._schedule = schedule
        self._struck = report.struck
        self._say = say

    def fight(self) -> None:
        """Return when the round's seconds are over and the last strike has ended."""
        begun = time.monotonic()
        turn = count()
        agenda = [(strike.at, next(turn), strike, False) for strike in self._schedule.strikes]
        heapify(agenda)
        while agenda:
            at, _, strike, is_end = heappop(agenda)
            time.sleep(max(0.0, begun + at - time.monotonic()))
            if is_end:
                self._end(strike)
                continue
            done = self._strike(strike)
            self._struck[strike.action] += done
            self._say(f"{strike}" if done else f"{strike} (nothing to strike)")
            if done and strike.seconds:
                heappush(agenda, (time.monotonic() - begun + strike.seconds, next(turn), strike, True))
        time.sleep(max(0.0, begun + self._schedule.seconds - time.monotonic()))

    def _strike(self, strike: Strike) -> bool:
        fleet, target = self._fleet, strike.target
        match strike.action:
            case Action.KILL:
                return fleet.kill(target)
            case Action.PAUSE:
                return fleet.pause(target)
            case Action.REMOVE:
                return fleet.remove(target)
            case Action.ADD:
                fleet.add(target)
            case Action.CUT:
                fleet.links[target].cut()
            case Action.HOLD:
                fleet.links[target].hold()
        return True

    def _end(self, strike: Strike) -> None:
        match strike.action:
            case Action.KILL:
                self._fleet.revive(strike.target)
            case Action.PAUSE:
                self._fleet.resume(strike.target)
            case Action.HOLD:
                self._fleet.links[strike.target].release()


def now() -> int:
    """The wall clock in UTC ms."""
    return time.time_ns() // 1_000_000


@contextmanager
def _environment(prefix: str) -> Iterator[None]:
    """The settings that the processes of the deployment inherit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMNITRACK_TOPIC_PREFIX", prefix)
        patch.setenv("OMNITRACK_PARTITIONS", str(PARTITIONS))
        patch.setenv("OMNITRACK_SESSION_TIMEOUT", str(SESSION_SECONDS))
        yield


def _prepare(endpoints: Endpoints) -> None:
    asyncio.run(ensure_topics(endpoints.kafka, endpoints.topics, partitions=PARTITIONS, replication=1))
    migrate(endpoints.clickhouse_settings)


def _settle(fleet: Fleet, load: Load, report: Report) -> None:
    """Heal the deployment, let the load end, and wait until all is stored; raises what stands in the way of that."""
    begun = time.monotonic()
    fleet.heal()
    report.healed_seconds = time.monotonic() - begun
    load.finish()
    with BrokerReader(fleet.endpoints.kafka) as reader:
        stages = drain_stages(fleet.endpoints, reader.topics())
        outcome = stages if isinstance(stages, TopicsMissing) else drain(reader, stages, DRAIN_SECONDS, _do_not_tell)
    if not isinstance(outcome, Drained):
        raise NotReady(str(outcome))
    report.drained_seconds = outcome.seconds


def _do_not_tell(stage: Stage, behind: int) -> None:
    """The drain's progress."""


def _judge(endpoints: Endpoints, catalogue: Catalogue, report: Report) -> list[str]:
    """What is wrong at rest, which rows are at latest `SETTLE_SECONDS` after the drain."""
    received = read_inputs(endpoints.kafka, endpoints.topics)
    report.records = len(received)
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        asked_at = now()
        tables = read_tables(endpoints.clickhouse_settings)
        report.rows = {table: len(rows) for table, rows in tables.items()}
        found = differences(received, tables, catalogue, asked_at)
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(1.0)


def _audit(endpoints: Endpoints, report: Report) -> list[str]:
    """What `omnitrack audit` finds."""
    outcome = audit(endpoints, (), DRAIN_SECONDS, _do_not_tell)
    if not isinstance(outcome, Audit):
        return [f"audit: {outcome}"]
    right = [account for account in outcome.partitions if not account.findings.count]
    report.audited = sum(account.received for account in right)
    wrong = [f"audit: {account}" for account in outcome.partitions if account.findings.count]
    unread = [f"audit: {report.audited} of {report.records}"] if not wrong and report.audited != report.records else []
    return wrong + unread + ([f"audit: {outcome.behind}"] if outcome.behind else [])
