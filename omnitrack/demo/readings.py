"""What the demo's view shows, read from ClickHouse and from the broker."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from clickhouse_driver import Client

from omnitrack.broker_reader import BrokerReader
from omnitrack.settings import Endpoints
from sinks.clickhouse.errors import explained

_QUERIES = Path(__file__).parent / "sql"


class Pair(NamedTuple):
    """One cell of the handoff matrix; `failures` are (failure, count), the most frequent first."""

    from_channel: str
    to_channel: str
    smooth: int
    failed: int
    pending: int
    failures: tuple[tuple[str, int], ...]


class FailedHandoff(NamedTuple):
    """A failed handoff; times in UTC. Its fields stand in the order of latest_failure.sql."""

    customer_id: str
    intent: str
    from_channel: str
    to_channel: str
    referred_to: str | None
    left_at: datetime
    arrived_at: datetime | None
    due_at: datetime | None
    failures: tuple[str, ...]
    wait_seconds: float
    reasked: tuple[str, ...]
    contradictions: dict[str, str]
    care: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Readings:
    """Counts since the demo's beginning; `stitched` counts records of the customer topic that streams has done."""

    stitched: int = 0
    stored: int = 0
    dead: int = 0
    duplicate: int = 0
    journeys: dict[str, int] = field(default_factory=dict)
    pairs: tuple[Pair, ...] = ()
    dead_letters: dict[str, int] = field(default_factory=dict)
    latest_failure: FailedHandoff | None = None

    @property
    def accounted(self) -> int:
        """Records whose fate is in ClickHouse."""
        return self.stored + self.dead + self.duplicate


class Gauges:
    """Takes readings. Raises `ClickHouseError` or `BrokerUnavailableError`."""

    def __init__(self, endpoints: Endpoints, client: Client, reader: BrokerReader) -> None:
        self._endpoints = endpoints
        self._settings = endpoints.clickhouse_settings
        self._client = client
        self._reader = reader

    def read(self) -> Readings:
        """Ask the broker and ClickHouse now. Raises `BrokerUnavailableError` and `ClickHouseError`."""
        stored, dead, duplicate = self._rows("totals")[0]
        failures = self._rows("latest_failure")
        return Readings(
            stitched=self._stitched(),
            stored=stored,
            dead=dead,
            duplicate=duplicate,
            journeys=dict(self._rows("journeys")),
            pairs=tuple(_pair(*row) for row in self._rows("handoffs")),
            dead_letters=dict(self._rows("dead_letters")),
            latest_failure=_failure(failures[0]) if failures else None,
        )

    def _stitched(self) -> int:
        customer = self._endpoints.topics.customer
        committed = self._reader.committed(self._endpoints.streams_group)
        return sum(offset for partition, offset in committed.items() if partition.topic == customer)

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with explained(self._settings):
            rows: list[tuple[Any, ...]] = self._client.execute(query_text(query))
            return rows


def query_text(name: str) -> str:
    """The SQL of one of the view's queries."""
    return (_QUERIES / f"{name}.sql").read_text(encoding="utf-8")


def _pair(
    from_channel: str, to_channel: str, smooth: int, failed: int, pending: int, failures: tuple[list[str], list[int]]
) -> Pair:
    counted = sorted(zip(*failures, strict=True), key=lambda each: (-each[1], each[0]))
    return Pair(from_channel, to_channel, smooth, failed, pending, tuple(counted))


def _failure(row: tuple[Any, ...]) -> FailedHandoff:
    failed = FailedHandoff(*row)
    return failed._replace(failures=tuple(failed.failures), reasked=tuple(failed.reasked), care=tuple(failed.care))
