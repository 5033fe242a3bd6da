"""Journeys that go on: nearly all rows tell no more than that, and nothing is to be judged then. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from streams.alerting.customers import known_at
from streams.alerting.facts import UNKNOWN, Customer, Fact, Journey, JourneyNews, journey_of


def gone_on(customer: Customer, rows: Iterable[JourneyNews], now: int) -> Customer | None:
    """The customer with what is newer of `rows`, if that changes neither what is to be said nor what is counted.

    None: it may, and has to be judged. For a customer whose time has not come, of whom nothing else is new.
    """
    # A failed handoff may wait for its journey's row, whatever that tells.
    if any(handoff.result == "failed" and known_at(handoff, customer) > now for handoff in customer.handoffs.values()):
        return None
    journeys = dict(customer.journeys)
    for row in rows:
        known = journeys.get(row.journey_id)
        if known is not None and row.version <= known.version:
            continue
        journey = journey_of(row)
        if not _tells_nothing_new(customer, row.journey_id, known, journey):
            return None
        journeys[row.journey_id] = journey
    return Customer(customer.handoffs, customer.promises, journeys, customer.waits, customer.said, customer.version)


def _tells_nothing_new(customer: Customer, journey_id: str, before: Journey | None, after: Journey) -> bool:
    """Whether what belongs to the journey finds there what it found: handoffs ask for incidents only."""
    old, new = _told(before), _told(after)
    if old.incidents != new.incidents and _any_of(customer.handoffs.values(), journey_id):
        return False
    return old == new or not _any_of((*customer.promises.values(), *customer.waits.values()), journey_id)


class _Told(NamedTuple):
    intent: str = UNKNOWN
    incidents: tuple[str, ...] = ()
    care: tuple[str, ...] = ()


def _told(journey: Journey | None) -> _Told:
    if journey is None or journey.is_deleted:
        return _Told()
    return _Told(journey.intent, journey.incidents, journey.care)


def _any_of(facts: Iterable[Fact], journey_id: str) -> bool:
    return any(fact.journey_id == journey_id for fact in facts)
