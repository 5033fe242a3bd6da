"""Sorts a batch's records of one customer: what is new, what is withdrawn, and the fate of the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter

from msgspec import Struct

from schemas.rows import DuplicateRow
from schemas.touchpoint import Arrival, Withdrawal
from streams.journey.emit import Change
from streams.journey.log import Log
from streams.journey.state import Head, Stored, Twin, TwinFate
from streams.journey.twins import Twins

Name = tuple[str, str]
"""Channel and event_id."""


class Sorted(Struct):
    """What a batch does to the log: `fresh` joins it, in order; `removed` leaves it. `withdrawn` has the order of all
    that was taken from the customer, stored or not: a row of it may have been sent before a crash. `twins` are those to
    remember, if others than before.
    """

    fresh: list[Stored] = []
    removed: set[Name] = set()
    withdrawn: set[tuple[int, str, str]] = set()
    twins: list[Twin] | None = None


def sort_records(
    customer_id: str,
    head: Head,
    log: Log[Stored],
    records: Sequence[Arrival | Withdrawal],
    oldest: int | None,
    change: Change,
) -> Sorted:
    """Sort `records` in the order of their arrival against `log`, and what `head` remembers.

    Duplicates, conflicts and what is older than `oldest` (ms; None: nothing) go to `change`, replays nowhere.
    Withdrawals of what was not stored here go to `change` as well: it may be a dead letter.
    """
    fresh: dict[Name, Stored] = {}
    result = Sorted()
    twins = Twins(head.twins)
    for record in records:
        name = record.name
        known = fresh.get(name) or (None if name in result.removed else log.find(name))
        if isinstance(record, Withdrawal):
            if twins.withdraw(record):
                _withdraw(record, name, known, fresh, result, change)
            continue
        touchpoint = record.touchpoint
        if (fate := twins.settle(record, known)) is not None:
            _settle(customer_id, record, fate, change)
        elif known is not None:
            continue
        elif oldest is not None and touchpoint.occurred_at < oldest:
            change.too_late.append(record)
        else:
            fresh[name] = Stored(touchpoint, record.received_at, record.origin)
            result.withdrawn.discard(touchpoint.order)
            twins.note_stored(record)
    result.fresh = sorted(fresh.values(), key=order)
    result.twins = twins.latest() if twins.changed else None
    return result


order: Callable[[Stored], tuple[int, str, str]] = attrgetter(
    "touchpoint.occurred_at", "touchpoint.channel", "touchpoint.event_id"
)
"""The place of a stored touchpoint among those of its customer."""


def _withdraw(
    withdrawal: Withdrawal, name: Name, known: Stored | None, fresh: dict[Name, Stored], found: Sorted, change: Change
) -> None:
    if known is None or known.origin != withdrawal.origin:
        change.retracted.append(withdrawal)
    elif fresh.pop(name, None) is None:
        found.removed.add(name)
    if known is None or known.origin == withdrawal.origin or known.touchpoint.order != withdrawal.order:
        found.withdrawn.add(withdrawal.order)


def _settle(customer_id: str, arrival: Arrival, fate: TwinFate, change: Change) -> None:
    if fate == "same":
        change.duplicates.append(DuplicateRow(arrival.origin, customer_id, *arrival.name, arrival.received_at))
    else:
        change.conflicts.append(arrival)
