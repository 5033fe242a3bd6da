"""Sorts a batch's records of one customer: what is new, what is withdrawn, and the fate of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.rows import DuplicateRow
from schemas.touchpoint import Arrival, Touchpoint, Withdrawal
from streams.journey.emit import Change
from streams.journey.log import Log
from streams.journey.state import Stored

Name = tuple[str, str]
"""Channel and event_id."""


@dataclass(slots=True)
class Sorted:
    """What a batch does to the log: `fresh` joins it, in order; `removed` leaves it. `withdrawn` names all that was
    taken from the customer, stored or not, by its time: a row of it may have been sent before a crash.
    """

    fresh: list[Stored] = field(default_factory=list)
    removed: set[Name] = field(default_factory=set)
    withdrawn: dict[Name, int] = field(default_factory=dict)


def sort_records(
    customer_id: str, log: Log, records: Sequence[Arrival | Withdrawal], oldest: int | None, change: Change
) -> Sorted:
    """Sort `records` in the order of their arrival against `log`.

    Duplicates, conflicts and what is older than `oldest` (ms; None: nothing) go to `change`; replays nowhere.
    """
    fresh: dict[Name, Stored] = {}
    result = Sorted()
    for record in records:
        if isinstance(record, Withdrawal):
            name = (record.channel, record.event_id)
            result.withdrawn[name] = record.occurred_at
            if fresh.pop(name, None) is None and log.find(*name) is not None:
                result.removed.add(name)
            continue
        touchpoint = record.touchpoint
        name = (touchpoint.channel, touchpoint.event_id)
        known = fresh.get(name) or (None if name in result.removed else log.find(*name))
        if known is not None:
            _settle_known(customer_id, known, record, change)
        elif oldest is not None and touchpoint.occurred_at < oldest:
            change.too_late.append(record)
        else:
            fresh[name] = Stored(touchpoint, record.received_at, record.origin)
            result.withdrawn.pop(name, None)
    result.fresh = sorted(fresh.values(), key=order)
    return result


def order(stored: Stored) -> tuple[int, str, str]:
    """The place of a stored touchpoint among those of its customer."""
    return stored.touchpoint.order


def _settle_known(customer_id: str, known: Stored, arrival: Arrival, change: Change) -> None:
    touchpoint: Touchpoint = arrival.touchpoint
    if known.touchpoint != touchpoint:
        change.conflicts.append(arrival)
    elif known.origin != arrival.origin:
        change.duplicates.append(
            DuplicateRow(arrival.origin, customer_id, touchpoint.channel, touchpoint.event_id, arrival.received_at)
        )
