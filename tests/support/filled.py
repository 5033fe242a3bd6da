"""Fills a database as the pipeline would, without one: touchpoints are stitched at once and their rows stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from schemas.catalogue import Catalogue
from schemas.decode import Decoder
from schemas.identity import anonymous_customer, identities_of
from schemas.rows import HandoffRow, JourneyRow, PromiseRow, TouchpointRow
from schemas.topics import BUILT_IN_CHANNELS
from schemas.touchpoint import Origin, Touchpoint
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.writer import Writer
from sinks.port import Row, Table
from sources.simulator import Plan, Simulation
from streams.journey import stitch
from tests.sinks.rows import entry

Made = TypeVar("Made", JourneyRow, HandoffRow, PromiseRow)

LATENCY = 2_000
BATCH = 10_000


@dataclass(slots=True)
class Bank:
    """Rows of all tables that stitching makes, version 1."""

    touchpoints: list[TouchpointRow] = field(default_factory=list)
    journeys: list[JourneyRow] = field(default_factory=list)
    handoffs: list[HandoffRow] = field(default_factory=list)
    promises: list[PromiseRow] = field(default_factory=list)

    @property
    def tables(self) -> dict[Table, Sequence[Row]]:
        return {
            "touchpoints": self.touchpoints,
            "journeys": self.journeys,
            "handoffs": self.handoffs,
            "promises": self.promises,
        }


def stitched_bank(touchpoints: Iterable[tuple[str, Touchpoint]], catalogue: Catalogue, clock: int) -> Bank:
    """The rows of `(customer_id, touchpoint)` pairs at `clock` (ms); each was received 2 s after it happened."""
    pairs = list(touchpoints)
    stitched = stitch(pairs, catalogue, clock)
    journey_of = {(it.customer_id, it.channel, it.event_id): it.journey_id for it in stitched.assignment}
    offsets: dict[str, int] = defaultdict(int)
    bank = Bank(
        journeys=_first_version(stitched.journeys),
        handoffs=_first_version(stitched.handoffs),
        promises=_first_version(stitched.promises),
    )
    for customer, touchpoint in pairs:
        journey_id = journey_of.pop((customer, touchpoint.channel, touchpoint.event_id), "")
        if journey_id == "":
            continue  # a duplicate
        topic = f"omnitrack.touchpoints.{touchpoint.channel}"
        origin = Origin(topic, 0, offsets[topic])
        offsets[topic] += 1
        received_at = touchpoint.occurred_at + LATENCY
        bank.touchpoints.append(TouchpointRow(customer, touchpoint, journey_id, received_at, origin, version=1))
    return bank


def simulated_bank(plan: Plan, catalogue: Catalogue, until: int) -> Bank:
    """What the simulator plays up to `until` (ms), which is also the clock."""
    return stitched_bank(simulated_touchpoints(plan, catalogue, until), catalogue, until)


def simulated_touchpoints(plan: Plan, catalogue: Catalogue, until: int) -> list[tuple[str, Touchpoint]]:
    """The touchpoints that a play gets stored, with their customers."""
    simulation = Simulation(plan, catalogue)
    deliveries = [*simulation.advance(until), *simulation.finish(until)]
    owners = {it.wire.event_id: play.customer_id for play in simulation.take_journeys() for it in play.played}
    decode = Decoder(BUILT_IN_CHANNELS).decode
    found = []
    for delivery in deliveries:
        if delivery.fate == "stored":
            touchpoint = decode(delivery.payload, delivery.channel, until)
            assert isinstance(touchpoint, Touchpoint), touchpoint
            owner = touchpoint.identities.get("customer_no") or owners.get(touchpoint.event_id)
            found.append((owner or anonymous_customer(identities_of(touchpoint)), touchpoint))
    return found


def store(settings: ClickHouseSettings, tables: Mapping[Table, Sequence[Row]]) -> None:
    """Store all rows of `tables`."""
    writer = Writer(settings)
    for table, rows in tables.items():
        for start in range(0, len(rows), BATCH):
            writer.write(table, [entry(row) for row in rows[start : start + BATCH]])


def _first_version(rows: list[Made]) -> list[Made]:
    return [msgspec.structs.replace(row, version=1) for row in rows]
