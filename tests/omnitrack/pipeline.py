"""A worker, a sink and the commands on them, between a broker and a ClickHouse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from msgspec.structs import replace
from typer.testing import CliRunner, Result

from omnitrack.cli import app
from schemas.catalogue import load_catalogue
from schemas.decode import check
from schemas.rows import TouchpointRow
from schemas.topics import Topics
from schemas.touchpoint import Touchpoint
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.port import Row, Table
from streams.identity.resolve import resolve_all
from streams.journey import stitch
from tests.omnitrack.sink_process import SinkProcess
from tests.sinks.clickhouse.reading import read_rows
from tests.streams.worker import PARTITIONS, Deployment
from tests.support.brokers import Broker
from tests.support.child import Child

NOW = datetime.now(UTC)
UNLIMITED, TEN_DAYS = "horizon: unlimited\n", "horizon: 10d\n"


def ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat(timespec="milliseconds")


class Pipeline:
    """A worker and a sink, and the commands on them."""

    def __init__(
        self,
        broker: Broker,
        prefix: str,
        clickhouse: ClickHouseSettings,
        folder: Path,
        settings: Mapping[str, str] | None = None,
        partitions: int = PARTITIONS,
    ) -> None:
        self.clickhouse = clickhouse
        self.folder = folder
        self.catalogue = folder / "catalogue.yaml"
        self.catalogue.write_text(UNLIMITED)
        self.settings = {"OMNITRACK_CATALOGUE": str(self.catalogue), **(settings or {})}
        self.streams = Deployment(broker, Topics(prefix), folder, settings=self.settings, partitions=partitions)
        self.streams.create_topics()
        self.sink = SinkProcess(broker, prefix, clickhouse, folder / "sink.log", partitions)
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

    @property
    def environment(self) -> dict[str, str]:
        """What commands on this deployment find it by."""
        return {
            "OMNITRACK_KAFKA": self.streams.broker.bootstrap,
            "OMNITRACK_TOPIC_PREFIX": self.streams.topics.prefix,
            "OMNITRACK_CLICKHOUSE": self.clickhouse.clickhouse.get_secret_value(),
            **self.settings,
        }

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments), env=self.environment)

    def drain(self) -> None:
        result = self.run("drain", "--timeout", "120")
        assert result.exit_code == 0, result.stderr

    def restitch(self, *options: str, exit_code: int) -> dict[str, Any]:
        result = self.run("restitch", "--format", "json", "--timeout", "120", *options)
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
