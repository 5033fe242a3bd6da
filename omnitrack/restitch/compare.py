"""What is stored of a customer against what the pure function makes of its touchpoints. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from omnitrack.restitch.stored import StoredCustomer
from schemas.catalogue import Catalogue
from schemas.rows import HandoffRow, JourneyRow, PromiseRow
from schemas.touchpoint import Arrival
from streams.journey import judge_letters, stitch

Kind = Literal["same", "changed", "new", "gone"]
TABLES = ("touchpoints", "journeys", "handoffs", "promises", "dead_letters")
Fields = Mapping[str, Any]

_LAG = 10_000
_NOT_COMPARED = frozenset({"version", "is_deleted"})


class Example(msgspec.Struct, frozen=True):
    """One row that would be changed, new or gone; `fields` has the value before and after of each that changes."""

    table: str
    kind: Kind
    customer_id: str
    key: str
    fields: dict[str, tuple[Any, Any]] = {}


@dataclass(slots=True)
class Comparison:
    """Rows of a customer by table and kind, and an example of each row that would not stay the same."""

    customer_id: str
    counts: Counter[tuple[str, Kind]] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether any row would change, come or go."""
        return bool(self.examples)

    def add(self, table: str, stored: Mapping[str, Fields], made: Mapping[str, Fields]) -> None:
        """Compare the rows of one table by their keys."""
        for key in {**stored, **made}:
            kind, fields = _difference(stored.get(key), made.get(key))
            self.counts[table, kind] += 1
            if kind != "same":
                self.examples.append(Example(table, kind, self.customer_id, key, fields))


def _difference(stored: Fields | None, made: Fields | None) -> tuple[Kind, dict[str, tuple[Any, Any]]]:
    if stored is None:
        return "new", {}
    if made is None:
        return "gone", {}
    fields = {name: (value, made[name]) for name, value in stored.items() if value != made[name]}
    return ("changed" if fields else "same"), fields


def compare(customer: StoredCustomer, letters: Sequence[Arrival], catalogue: Catalogue, now: int) -> Comparison:
    """Compare the stored rows with those that the pure function makes of the touchpoints and letters at `now` (ms).

    Rows follow the clock within seconds: a customer whose rows are those of a moment ago has not changed.
    """
    comparison = _compare_at(customer, letters, catalogue, now)
    if comparison.differs:
        before = _compare_at(customer, letters, catalogue, now - _LAG)
        if not before.differs:
            return before
    return comparison


def _compare_at(customer: StoredCustomer, letters: Sequence[Arrival], catalogue: Catalogue, clock: int) -> Comparison:
    stored = {(row.touchpoint.channel, row.touchpoint.event_id): row for row in customer.touchpoints}
    judged = judge_letters(stored, letters)
    touchpoints = [*(row.touchpoint for row in customer.touchpoints), *(letter.touchpoint for letter in judged.stored)]
    made = stitch([(customer.customer_id, each) for each in touchpoints], catalogue, clock)
    comparison = Comparison(customer.customer_id)
    comparison.add(
        "touchpoints",
        {":".join(name): {"journey_id": row.journey_id} for name, row in stored.items()},
        {f"{each.channel}:{each.event_id}": {"journey_id": each.journey_id} for each in made.assignment},
    )
    comparison.add("journeys", _by("journey_id", customer.journeys), _by("journey_id", made.journeys))
    comparison.add("handoffs", _by("handoff_id", customer.handoffs), _by("handoff_id", made.handoffs))
    comparison.add("promises", _by("promise_id", customer.promises), _by("promise_id", made.promises))
    comparison.add(
        "dead_letters",
        {str(letter.origin): {} for letter in letters},
        {str(letter.origin): {} for letter in judged.dead},
    )
    return comparison


def _by(key: str, rows: Iterable[JourneyRow | HandoffRow | PromiseRow]) -> dict[str, Fields]:
    return {getattr(row, key): _compared(row) for row in rows}


def _compared(row: JourneyRow | HandoffRow | PromiseRow) -> Fields:
    return {name: getattr(row, name) for name in row.__struct_fields__ if name not in _NOT_COMPARED}
