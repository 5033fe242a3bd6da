"""Records of one customer, several of one name: how they come and go, and what is told of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st
from msgspec.structs import replace as replace_struct

from schemas.rows import letter_tombstone_version, letter_version
from schemas.touchpoint import Arrival, Erasure, History, Origin, Touchpoint, Withdrawal
from streams.journey import Stitched, stitch
from streams.journey.state import Head, decode_head, head_key
from streams.journey.taken import Taken
from tests.streams.journey.cases import CATALOGUE, DAY, at, step
from tests.streams.journey.play import CUSTOMER, Player

NOW = at("3 00:00")
BOUNDED = replace(CATALOGUE, horizon=10 * DAY)

Record = Arrival | Withdrawal
Way = list[Record]
"""What is sent of one input record, in order: where a profile holds it, it comes and goes."""

HELD = step("1", "mobile_app", "2 09:00", identities={"device": "d"})
OWN = step("1", "mobile_app", "2 10:00", identities={"customer_no": "1"})


@dataclass(slots=True)
class Customer:
    """A customer's tables, and what is told of its records besides."""

    player: Player = field(default_factory=lambda: Player(CATALOGUE))
    letters: dict[Origin, tuple[int, bool]] = field(default_factory=dict)

    @property
    def head(self) -> Head:
        value = self.player.state.get(head_key(CUSTOMER))
        return Head() if value is None else decode_head(value)

    def take(self, *records: Record | History | Erasure, clock: int = NOW, taken: Taken | None = None) -> None:
        change = self.player.take(records, clock, taken)
        for arrival in change.conflicts:
            self._letter(arrival.origin, letter_version(arrival.placement), True)
        for withdrawal in change.retracted:
            self._letter(withdrawal.origin, letter_tombstone_version(withdrawal.placement), False)

    def _letter(self, origin: Origin, version: int, alive: bool) -> None:
        before, _ = self.letters.get(origin, (0, False))
        if version >= before:
            self.letters[origin] = (version, alive)

    def stored(self) -> dict[Origin, Touchpoint]:
        return {row.origin: row.touchpoint for row in self.player.touchpoints.values() if not row.is_deleted}

    def fates(self) -> list[tuple[Origin, str]]:
        dead = [(origin, "dead") for origin, (_, alive) in self.letters.items() if alive]
        repeated = [(row.origin, "duplicate") for row in self.player.duplicates.values()]
        return sorted([*((origin, "stored") for origin in self.stored()), *dead, *repeated], key=str)

    def wrong_rows(self) -> list[str]:
        return self.player.differs_from(expected(self.stored().values()))


def expected(touchpoints: Iterable[Touchpoint]) -> Stitched:
    return stitch([(CUSTOMER, each) for each in touchpoints], CATALOGUE, NOW)


def arrival(touchpoint: Touchpoint, offset: int, placement: int = 1) -> Arrival:
    origin = Origin("touchpoints", 0, offset)
    return Arrival(touchpoint, origin, touchpoint.occurred_at, None, b"{}", None, placement)


def withdrawal(of: Arrival) -> Withdrawal:
    return Withdrawal(*of.name, of.at, of.origin, of.placement)


@st.composite
def ways(draw: st.DrawFn, offset: int, again: bool) -> Way:
    """One record's way, from some point on sent `again`, perhaps: its sender had crashed."""
    hour = draw(st.integers(9, 11))
    held = replace_struct(
        HELD,
        event_id=draw(st.sampled_from("12")),
        occurred_at=at(f"2 {hour:02}:00"),
        identities={"device": f"{offset}"},
    )
    if not draw(st.sampled_from((True, True, False))):
        return [arrival(replace_struct(held, identities=OWN.identities), offset)] * (1 + draw(st.integers(0, again)))
    way: Way = []
    for placement in range(1, 1 + draw(st.integers(1, 2))):
        placed = arrival(held, offset, placement)
        way += [placed, withdrawal(placed)]
    if draw(st.booleans()):
        way.pop()
    sent = draw(st.integers(1, len(way))) if again else len(way)
    return [*way[:sent], *way[draw(st.integers(0, sent)) if again else sent :]]


@st.composite
def records_in_order(draw: st.DrawFn, again: bool) -> list[Record]:
    """The ways of some records of two names, one among the other."""
    left = [draw(ways(offset, again)) for offset in range(draw(st.integers(1, 5)))]
    records = []
    while left:
        way = draw(st.sampled_from(left))
        records.append(way.pop(0))
        left = [way for way in left if way]
    return records
