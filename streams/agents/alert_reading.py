"""The records that alerting reads, decoded no further than its rules ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from schemas.rows import HandoffRow, PromiseRow, TouchpointRow
from schemas.topics import Topics
from schemas.touchpoint import Touchpoint
from streams.alerting.facts import CustomerRow, JourneyNews, Kept
from streams.alerting.groups import Partial, decode_partial, group_key
from streams.batching import Record


@dataclass(slots=True)
class Taken:
    """The records of a batch: rows by customer, those of journeys apart; counts by group, customers to forget, and the
    offsets of what is nothing of that."""

    customers: dict[str, list[CustomerRow]] = field(default_factory=dict)
    journeys: dict[str, list[JourneyNews]] = field(default_factory=dict)
    groups: dict[str, list[Partial]] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    unreadable: list[int] = field(default_factory=list)


def read_records(topic: str, records: Iterable[Record], topics: Topics) -> Taken:
    """The records of a batch of any `topic` that alerting reads.

    On `alerting` a record without a value asks to forget the customer whose id is its key; a tick has no key either,
    and does its work by coming.
    """
    taken = Taken()
    take = _takers(topics)[topic]
    for record in records:
        try:
            take(record, taken)
        except (msgspec.DecodeError, UnicodeDecodeError):
            taken.unreadable.append(record.offset)
    return taken


def _takers(topics: Topics) -> Mapping[str, Callable[[Record, Taken], None]]:
    return {
        topics.stitched: _take_touchpoint,
        topics.journeys: _take_journey,
        topics.handoffs: partial(_take_row, _decode_handoff),
        topics.promises: partial(_take_row, _decode_promise),
        topics.alerting: _take_partial,
    }


def _take_touchpoint(record: Record, taken: Taken) -> None:
    value = record.value or b""
    glanced = _glance(value)
    if glanced.touchpoint.wait_seconds is not None or glanced.is_deleted:
        row = _decode_touchpoint(value)
        taken.customers.setdefault(row.customer_id, []).append(row)


def _take_journey(record: Record, taken: Taken) -> None:
    row = _decode_journey(record.value or b"")
    taken.journeys.setdefault(row.customer_id, []).append(row)


def _take_row(decode: Callable[[bytes], CustomerRow], record: Record, taken: Taken) -> None:
    row = decode(record.value or b"")
    taken.customers.setdefault(row.customer_id, []).append(row)


def _take_partial(record: Record, taken: Taken) -> None:
    if record.value:
        told = decode_partial(record.value)
        taken.groups.setdefault(group_key(told.group), []).append(told)
    elif record.key:
        taken.forgotten.add(record.key.decode())


def rows_asked_for(topics: Topics, kept: Kept) -> tuple[str, ...]:
    """The topics whose rows the rules ask for."""
    asked = {
        topics.stitched: kept.waits,
        topics.journeys: kept.journeys,
        topics.handoffs: kept.handoffs,
        topics.promises: kept.promises,
    }
    return tuple(topic for topic, time in asked.items() if time is not None)


def _glanced(row: type[msgspec.Struct], **asked: Any) -> Any:
    """The positional struct up to the last of the fields `asked` for, of which the others are not decoded."""
    names = row.__struct_fields__
    last = max(map(names.index, asked))
    fields = [(name, asked.get(name, msgspec.Raw)) for name in names[: last + 1]]
    return msgspec.defstruct(f"Glanced{row.__name__}", fields, array_like=True, gc=False)


_glance = msgspec.msgpack.Decoder(
    _glanced(TouchpointRow, touchpoint=_glanced(Touchpoint, wait_seconds=float | None), is_deleted=int)
).decode
_decode_touchpoint = msgspec.msgpack.Decoder(TouchpointRow).decode
_decode_journey = msgspec.json.Decoder(JourneyNews).decode
_decode_handoff = msgspec.json.Decoder(HandoffRow).decode
_decode_promise = msgspec.json.Decoder(PromiseRow).decode
