"""Restitching on real brokers, a real worker and sink and the real engine, while the stream goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any, cast

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from omnitrack.cli import app
from schemas.catalogue import load_catalogue
from schemas.decode import check
from schemas.rows import DeadLetter, TouchpointRow
from schemas.topics import Topics
from schemas.touchpoint import Touchpoint
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.port import Row, Table
from streams.identity.resolve import resolve_all
from streams.journey import stitch
from tests.omnitrack.sink_process import SinkProcess
from tests.sinks.clickhouse.reading import read_rows
from tests.streams.worker import Deployment, touchpoint
from tests.support.brokers import Broker
from tests.support.child import Child

NOW = datetime.now(UTC)
UNLIMITED, TEN_DAYS = "horizon: unlimited\n", "horizon: 10d\n"


CAUGHT_UP_SECONDS = 8.0
"""After so long a worker that has nothing to do knows it, so its clock is now, by which a touchpoint is too late."""


def ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat(timespec="milliseconds")


class Pipeline:
    """A worker and a sink, and the commands on them."""

    def __init__(self, broker: Broker, prefix: str, clickhouse: ClickHouseSettings, folder: Path) -> None:
        self.clickhouse = clickhouse
        self.folder = folder
        self.catalogue = folder / "catalogue.yaml"
        self.catalogue.write_text(UNLIMITED)
        settings = {"OMNITRACK_CATALOGUE": str(self.catalogue)}
        self.streams = Deployment(broker, Topics(prefix), folder, settings=settings)
        self.streams.create_topics()
        self.sink = SinkProcess(broker, prefix, clickhouse, folder / "sink.log")
        self.sink.start()
        self.worker: Child | None = None
        self.sent: list[bytes] = []

    def start_worker(self, catalogue: str) -> None:
        self.stop_worker()
        self.catalogue.write_text(catalogue)
        self.worker = self.streams.start_worker()
        self.streams.ready(self.worker)

    def stop_worker(self) -> None:
        if self.worker is not None:
            self.worker.terminate()

    def publish(self, *records: bytes) -> None:
        self.sent += records
        self.streams.publish(records)

    def run(self, *arguments: str) -> Result:
        environment = {
            "OMNITRACK_KAFKA": self.streams.broker.bootstrap,
            "OMNITRACK_TOPIC_PREFIX": self.streams.topics.prefix,
            "OMNITRACK_CLICKHOUSE": self.clickhouse.clickhouse.get_secret_value(),
            "OMNITRACK_CATALOGUE": str(self.catalogue),
        }
        return CliRunner().invoke(app, list(arguments), env=environment)

    def drain(self) -> None:
        result = self.run("drain", "--timeout", "60")
        assert result.exit_code == 0, result.stderr

    def restitch(self, *options: str, exit_code: int) -> dict[str, Any]:
        result = self.run("restitch", "--format", "json", "--timeout", "60", *options)
        assert result.exit_code == exit_code, result.output
        report: dict[str, Any] = json.loads(result.stdout)
        return report

    def audit(self) -> dict[str, Any]:
        result = self.run("audit", "--format", "json")
        report: dict[str, Any] = json.loads(result.stdout)
        return report

    def differs(self) -> list[str]:
        """What is stored otherwise than the pure function of all that was published says, as of now."""
        rules = load_catalogue(self.catalogue)
        now = int(datetime.now(UTC).timestamp() * 1000)
        touchpoints = [check(record, rules.channels, now) for record in self.sent]
        made = stitch(resolve_all(each for each in touchpoints if isinstance(each, Touchpoint)), rules, now)
        tables: list[tuple[Table, str, list[Any]]] = [
            ("journeys", "journey_id", made.journeys),
            ("handoffs", "handoff_id", made.handoffs),
            ("promises", "promise_id", made.promises),
        ]
        found = []
        for table, key, rows in tables:
            wanted = {getattr(row, key): row for row in rows}
            got = {getattr(row, key): replace(row, version=0) for row in cast("list[Any]", self.rows(table))}
            found += [
                f"{got.get(one)} instead of {wanted.get(one)}"
                for one in got | wanted
                if got.get(one) != wanted.get(one)
            ]
        places = {(each.customer_id, each.channel, each.event_id): each.journey_id for each in made.assignment}
        stored = {
            (row.customer_id, row.touchpoint.channel, row.touchpoint.event_id): row.journey_id
            for row in cast("list[TouchpointRow]", self.rows("touchpoints"))
        }
        return found + [f"{one} in {stored.get(one)}" for one in stored | places if stored.get(one) != places.get(one)]

    def rows(self, table: Table) -> list[Row]:
        return read_rows(self.clickhouse, table)

    def end(self) -> None:
        self.stop_worker()
        self.sink.kill()


@pytest.fixture
def pipeline(broker: Broker, topic_prefix: str, clickhouse: ClickHouseSettings, tmp_path: Path) -> Iterator[Pipeline]:
    running = Pipeline(broker, topic_prefix, clickhouse, tmp_path)
    try:
        yield running
    finally:
        running.end()


def referral(event_id: str, customer: str, days: float) -> bytes:
    """A call that refers the customer to a branch."""
    return touchpoint(
        event_id,
        customer,
        ago(days),
        outcome="referred",
        referral={"to_channel": "branch", "due_at": ago(days - 2)},
    )


@contextmanager
def live_traffic(pipeline: Pipeline) -> Iterator[None]:
    """Touchpoints of today, of all customers, that go on until the block ends."""
    stop = Event()

    def publish() -> None:
        for number in count():
            if stop.wait(0.05):
                return
            customer = f"C-{number % 20}"
            pipeline.publish(touchpoint(f"live-{number}", customer, ago(0), intent="transfer"))

    thread = Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.timeout(240)
def test_what_came_too_late_is_taken_in_while_the_stream_goes_on(pipeline: Pipeline) -> None:
    pipeline.start_worker(UNLIMITED)
    customers = [f"C-{number}" for number in range(20)]
    pipeline.publish(*(referral(f"old-{customer}", customer, 20) for customer in customers))
    pipeline.drain()
    pipeline.start_worker(TEN_DAYS)
    time.sleep(CAUGHT_UP_SECONDS)
    late = [touchpoint(f"late-{customer}", customer, ago(19), session_id=f"s-{customer}") for customer in customers]
    pipeline.publish(
        *late,
        touchpoint("late-linked", "C-3", ago(18), identities={"customer_no": "C-3", "device": "d-1"}),
        touchpoint("late-device", "", ago(17.9), identities={"device": "d-1"}),
        touchpoint("late-unknown", "", ago(17), identities={"phone": "p-'1\\"}),
        touchpoint("old-C-4", "C-4", ago(20), intent="transfer"),
    )
    pipeline.drain()
    report = pipeline.restitch("--all", exit_code=1)
    tables = {table["table"]: table for table in report["tables"]}
    assert report["differing"] == 21
    assert (report["letters"], tables["dead_letters"]["gone"], tables["touchpoints"]["new"]) == (23, 23, 23)
    assert {example["kind"] for example in report["examples"]} >= {"changed", "new", "gone"}
    with live_traffic(pipeline):
        report = pipeline.restitch("--all", "--apply", exit_code=0)
        assert report["applied"]["customers"] >= 21
    pipeline.drain()
    assert pipeline.differs() == []
    letters = cast("list[DeadLetter]", pipeline.rows("dead_letters"))
    assert [letter.reason for letter in letters] == ["conflict"]
    assert pipeline.audit()["adds_up"]
    again = pipeline.restitch("--all", "--apply", exit_code=0)
    assert (again["differing"], again["applied"]["customers"]) == (0, 0)
