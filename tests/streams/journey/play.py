"""Plays arrivals through `advance` into a state table and output tables of dictionaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from msgspec.structs import replace

from schemas.catalogue import Catalogue
from schemas.rows import DuplicateRow, HandoffRow, JourneyRow, PromiseRow, TouchpointRow
from schemas.touchpoint import Arrival, History, Origin, Touchpoint, Withdrawal
from streams.journey import Change, CustomerItem, Stitched, advance_through
from streams.journey.taken import Taken

CUSTOMER = "C-1"

Row = TypeVar("Row", JourneyRow, HandoffRow, PromiseRow)


@dataclass(slots=True)
class Player:
    """One customer's state and tables; `arrive` gives each touchpoint the next offset of one partition."""

    catalogue: Catalogue
    state: dict[bytes, bytes] = field(default_factory=dict)
    journeys: dict[str, JourneyRow] = field(default_factory=dict)
    handoffs: dict[str, HandoffRow] = field(default_factory=dict)
    promises: dict[str, PromiseRow] = field(default_factory=dict)
    touchpoints: dict[tuple[int, str, str], TouchpointRow] = field(default_factory=dict)
    duplicates: dict[str, DuplicateRow] = field(default_factory=dict)
    conflicts: list[Arrival] = field(default_factory=list)
    too_late: list[Arrival] = field(default_factory=list)
    first: dict[tuple[str, str], Arrival] = field(default_factory=dict)
    offset: int = 0
    last_version: int = 0
    now: int = 0

    @property
    def assignment(self) -> dict[tuple[str, str], str | None]:
        """The journey of each touchpoint, by channel and event_id."""
        rows = [row for row in self.touchpoints.values() if not row.is_deleted]
        return {(row.touchpoint.channel, row.touchpoint.event_id): row.journey_id for row in rows}

    def arrivals(self, touchpoints: Sequence[Touchpoint]) -> list[Arrival]:
        first = self.offset
        self.offset += len(touchpoints)
        arrivals = [
            Arrival(touchpoint, Origin("touchpoints", 0, first + index), touchpoint.occurred_at, None, b"{}")
            for index, touchpoint in enumerate(touchpoints)
        ]
        for arrival in arrivals:
            self.first.setdefault(arrival.name, arrival)
        return arrivals

    def withdrawal(self, touchpoint: Touchpoint) -> Withdrawal:
        """That of the touchpoint of that name that is here, or of one that never was."""
        arrival = self.first.pop((touchpoint.channel, touchpoint.event_id), None)
        origin = Origin("touchpoints", 1, 0) if arrival is None else arrival.origin
        return Withdrawal(touchpoint.channel, touchpoint.event_id, touchpoint.occurred_at, origin)

    def arrive(self, *touchpoints: Touchpoint, clock: int) -> Change:
        return self.take(self.arrivals(touchpoints), clock)

    def take(self, arrivals: Sequence[CustomerItem], clock: int, taken: Taken | None = None) -> Change:
        """Advance by `arrivals`, and apply what comes of it as the tables would."""
        self.now += 1
        change = advance_through(CUSTOMER, self.state.get, arrivals, self.catalogue, clock, self.now, taken)
        for key, value in change.writes.items():
            if value is None:
                self.state.pop(key, None)
            else:
                self.state[key] = value
        self.conflicts.extend(change.conflicts)
        self.too_late = [one for one in [*self.too_late, *change.too_late] if one not in change.taken_in]
        self.duplicates.update({str(row.origin): row for row in change.duplicates})
        self._apply(change, emissions=1 + 2 * sum(isinstance(item, History) for item in arrivals))
        return change

    def _apply(self, change: Change, emissions: int) -> None:
        tables = (change.touchpoints, change.journeys, change.handoffs, change.promises)
        versions = {row.version for table in tables for row in table}
        assert len(versions) <= emissions
        assert all(version > self.last_version for version in versions)
        self.last_version = max([self.last_version, *versions])
        self.touchpoints.update({row.touchpoint.order: row for row in change.touchpoints})
        self.journeys.update({row.journey_id: row for row in change.journeys})
        self.handoffs.update({row.handoff_id: row for row in change.handoffs})
        self.promises.update({row.promise_id: row for row in change.promises})

    def differs_from(self, expected: Stitched) -> list[str]:
        """What the tables, tombstones taken away, show otherwise than `expected`."""
        shown: list[tuple[str, Mapping[Any, Any], Mapping[Any, Any]]] = [
            ("journeys", _alive(self.journeys), {row.journey_id: row for row in expected.journeys}),
            ("handoffs", _alive(self.handoffs), {row.handoff_id: row for row in expected.handoffs}),
            ("promises", _alive(self.promises), {row.promise_id: row for row in expected.promises}),
            (
                "assignment",
                self.assignment,
                {(each.channel, each.event_id): each.journey_id for each in expected.assignment},
            ),
        ]
        return [
            f"{table} {key}: {got.get(key)} instead of {wanted.get(key)}"
            for table, got, wanted in shown
            for key in {**got, **wanted}
            if got.get(key) != wanted.get(key) or (key in got) != (key in wanted)
        ]


def _alive(rows: dict[str, Row]) -> dict[str, Row]:
    return {key: replace(row, version=0) for key, row in rows.items() if not row.is_deleted}
