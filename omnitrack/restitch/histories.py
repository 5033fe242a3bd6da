"""A customer's history as records of the `customer` topic, cut so that each fits into a message. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import msgspec

from omnitrack.restitch.stored import StoredCustomer
from schemas.touchpoint import Arrival, History, Past, StoredIds

PART_BYTES = 600_000
"""A part grows until it is so large; with a touchpoint of the greatest size it stays below Kafka's 1,000,000."""

_ID_BYTES = 64
_encode = msgspec.msgpack.Encoder().encode


class _Id(NamedTuple):
    table: Literal["journeys", "handoffs", "promises"]
    key: str
    at: int


_Piece = Past | Arrival | _Id


@dataclass(slots=True)
class _Part:
    size: int = 0
    touchpoints: list[Past] = field(default_factory=list)
    letters: list[Arrival] = field(default_factory=list)
    ids: StoredIds = field(default_factory=lambda: StoredIds({}, {}, {}))

    def add(self, piece: _Piece, size: int) -> None:
        self.size += size
        match piece:
            case Past():
                self.touchpoints.append(piece)
            case Arrival():
                self.letters.append(piece)
            case _Id(table, key, at):
                getattr(self.ids, table)[key] = at


def histories(
    customer: StoredCustomer, letters: Sequence[Arrival], run: str, read_at: int, rules: str
) -> Iterator[History]:
    """The parts of the customer's history, to be sent in this order; `rules` is the catalogue's fingerprint."""
    parts = list(_filled(customer, letters))
    for number, part in enumerate(parts):
        yield History(
            run=run,
            part=number,
            parts=len(parts),
            read_at=read_at,
            version=customer.version,
            rules=rules,
            touchpoints=tuple(part.touchpoints),
            letters=tuple(part.letters),
            ids=part.ids,
        )


def _filled(customer: StoredCustomer, letters: Sequence[Arrival]) -> Iterator[_Part]:
    part = _Part()
    for piece in _pieces(customer, letters):
        size = _ID_BYTES if isinstance(piece, _Id) else len(_encode(piece))
        if part.size + size > PART_BYTES and part.size:
            yield part
            part = _Part()
        part.add(piece, size)
    yield part


def _pieces(customer: StoredCustomer, letters: Sequence[Arrival]) -> Iterator[_Piece]:
    for row in customer.touchpoints:
        yield Past(row.touchpoint, row.received_at, row.origin)
    yield from letters
    for journey in customer.journeys:
        yield _Id("journeys", journey.journey_id, journey.started_at)
    for handoff in customer.handoffs:
        yield _Id("handoffs", handoff.handoff_id, handoff.left_at)
    for promise in customer.promises:
        yield _Id("promises", promise.promise_id, promise.made_at)
