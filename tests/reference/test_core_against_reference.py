"""The product's stitching, at once and batch by batch, gives what the specification's text gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from schemas.touchpoint import Arrival, Touchpoint, Withdrawal
from streams.journey import stitch
from tests.reference.stitching import Reference, Row, stitch_by_the_book
from tests.reference.strategies import CATALOGUE, clocks, histories
from tests.streams.journey.play import CUSTOMER, Player

Deliveries = list[list["Touchpoint | Leaves"]]


def by_id(name: str, rows: Iterable[msgspec.Struct]) -> dict[str, Row]:
    """The rows that are not deleted, by the id in column `name`, without the columns that the text leaves open."""
    found = {}
    for row in rows:
        columns = msgspec.structs.asdict(row)
        del columns["version"]
        if not columns.pop("is_deleted"):
            found[columns[name]] = columns
    return found


def stitched_at_once(touchpoints: list[Touchpoint], clock: int) -> Reference:
    result = stitch([(CUSTOMER, each) for each in touchpoints], CATALOGUE, clock)
    return Reference(
        by_id("journey_id", result.journeys),
        by_id("handoff_id", result.handoffs),
        by_id("promise_id", result.promises),
        {(each.channel, each.event_id): each.journey_id for each in result.assignment},
    )


def shown_by(player: Player) -> Reference:
    return Reference(
        by_id("journey_id", player.journeys.values()),
        by_id("handoff_id", player.handoffs.values()),
        by_id("promise_id", player.promises.values()),
        player.assignment,
    )


def differences(got: Reference, wanted: Reference) -> list[str]:
    tables: list[tuple[str, Mapping[Any, Any], Mapping[Any, Any]]] = [
        ("journeys", got.journeys, wanted.journeys),
        ("handoffs", got.handoffs, wanted.handoffs),
        ("promises", got.promises, wanted.promises),
        ("assignment", got.assignment, wanted.assignment),
    ]
    return [
        f"{table} {key}: {have.get(key, 'missing')} instead of {want.get(key, 'nothing')}"
        for table, have, want in tables
        for key in {**have, **want}
        if key not in have or key not in want or have[key] != want[key]
    ]


@dataclass(frozen=True, slots=True)
class Leaves:
    """The touchpoint is withdrawn."""

    touchpoint: Touchpoint

    @property
    def occurred_at(self) -> int:
        return self.touchpoint.occurred_at


@st.composite
def deliveries(draw: st.DrawFn, touchpoints: list[Touchpoint]) -> tuple[Deliveries, list[Touchpoint]]:
    """Batches of `touchpoints` in or out of order, some twice, some withdrawn; and those that are there at the end."""
    in_order = sorted(touchpoints, key=lambda each: each.order)
    records: list[Touchpoint | Leaves] = []
    for touchpoint in draw(st.just(in_order) | st.permutations(touchpoints)):
        records += [touchpoint] * draw(st.sampled_from((1, 1, 1, 2)))
    remaining = []
    for touchpoint in touchpoints:
        fate = draw(st.sampled_from(("stays", "stays", "stays", "leaves", "comes again")))
        if fate != "stays":
            after = 1 + max(place for place, record in enumerate(records) if record == touchpoint)
            place = draw(st.just(after) | st.integers(after, len(records)))
            records.insert(place, Leaves(touchpoint))
        if fate == "comes again":
            records.insert(draw(st.integers(place + 1, len(records))), touchpoint)
        if fate != "leaves":
            remaining.append(touchpoint)
    cuts = sorted(draw(st.sets(st.integers(0, len(records)))) | {0, len(records)})
    return [records[start:end] for start, end in pairwise(cuts)], remaining


def delivered(player: Player, record: Touchpoint | Leaves) -> Arrival | Withdrawal:
    return player.withdrawal(record.touchpoint) if isinstance(record, Leaves) else player.arrivals([record])[0]


@given(histories(), st.data())
def test_at_once(touchpoints: list[Touchpoint], data: st.DataObject) -> None:
    clock = data.draw(clocks(touchpoints), "clock")
    wanted = stitch_by_the_book(CUSTOMER, touchpoints, CATALOGUE, clock)
    assert differences(stitched_at_once(touchpoints, clock), wanted) == []


@given(histories(), st.data())
def test_batch_by_batch_in_any_order(touchpoints: list[Touchpoint], data: st.DataObject) -> None:
    batches, remaining = data.draw(deliveries(touchpoints), "deliveries")
    end = data.draw(clocks(touchpoints), "clock at rest")
    player, clock = Player(CATALOGUE), 0
    for batch in batches:
        seen = [record.occurred_at for record in batch]
        clock = max(clock, min(max(seen, default=0), end))
        player.take([delivered(player, record) for record in batch], clock=clock)
    player.arrive(clock=end)
    assert differences(shown_by(player), stitch_by_the_book(CUSTOMER, remaining, CATALOGUE, end)) == []


@given(histories(), st.data())
def test_as_the_clock_goes_on(touchpoints: list[Touchpoint], data: st.DataObject) -> None:
    player = Player(CATALOGUE)
    for clock in sorted(data.draw(st.lists(clocks(touchpoints), min_size=2, max_size=5), "clocks")):
        player.arrive(*touchpoints, clock=clock)
        assert differences(shown_by(player), stitch_by_the_book(CUSTOMER, touchpoints, CATALOGUE, clock)) == []
