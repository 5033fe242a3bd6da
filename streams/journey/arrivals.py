"""Sorts a batch's records of one customer: what is new, what is withdrawn, and the fate of the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter

from msgspec import Struct

from schemas.rows import DuplicateRow
from schemas.touchpoint import Arrival, Touchpoint, Withdrawal
from streams.journey.emit import Change
from streams.journey.log import Log
from streams.journey.state import Stored

Name = tuple[str, str]
"""Channel and event_id."""


class Sorted(Struct):
    """What a batch does to the log: `fresh` joins it, in order; `removed` leaves it. `withdrawn` has the order of all
    that was taken from the customer, stored or not: a row of it may have been sent before a crash.
    """

    fresh: list[Stored] = []
    removed: set[Name] = set()
    withdrawn: set[tuple[int, str, str]] = set()


def sort_records(
    customer_id: str, log: Log[Stored], records: Sequence[Arrival | Withdrawal], oldest: int | None, change: Change
) -> Sorted:
    """Sort `records` in the order of their arrival against `log`.

    Duplicates, conflicts and what is older than `oldest` (ms; None: nothing) go to `change`, replays nowhere.
    Withdrawals of what was not stored here go to `change` as well: it may be a dead letter.
    """
    fresh: dict[Name, Stored] = {}
    result = Sorted()
    for record in records:
        name = record.name
        known = fresh.get(name) or (None if name in result.removed else log.find(name))
        if isinstance(record, Withdrawal):
            _withdraw(record, name, known, fresh, result, change)
            continue
        touchpoint = record.touchpoint
        if known is not None:
            _settle_known(customer_id, known, record, change)
        elif oldest is not None and touchpoint.occurred_at < oldest:
            change.too_late.append(record)
        else:
            fresh[name] = Stored(touchpoint, record.received_at, record.origin)
            result.withdrawn.discard(touchpoint.order)
    result.fresh = sorted(fresh.values(), key=order)
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


def _settle_known(customer_id: str, known: Stored, arrival: Arrival, change: Change) -> None:
    touchpoint: Touchpoint = arrival.touchpoint
    if known.touchpoint != touchpoint:
        change.conflicts.append(arrival)
    elif known.origin != arrival.origin:
        change.duplicates.append(
            DuplicateRow(arrival.origin, customer_id, touchpoint.channel, touchpoint.event_id, arrival.received_at)
        )
