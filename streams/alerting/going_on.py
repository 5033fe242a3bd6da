"""Journeys that go on: nearly all rows tell no more than that, and nothing is to be judged then. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from streams.alerting.customers import known_at
from streams.alerting.facts import Customer, JourneyNews, journey_of


def gone_on(customer: Customer, rows: Iterable[JourneyNews], now: int) -> Customer | None:
    """The customer with what is newer of `rows`, if that changes neither what is to be said nor what is counted.

    None: it may, and has to be judged. For a customer whose time has not come, of whom nothing else is new.
    """
    journeys = dict(customer.journeys)
    for row in rows:
        known = journeys.get(row.journey_id)
        if known is not None and row.version <= known.version:
            continue
        is_same = known is not None and (known.intent, known.incidents, known.is_deleted) == (
            row.intent,
            row.incidents,
            row.is_deleted,
        )
        if not is_same and _is_judged(customer):
            return None
        journeys[row.journey_id] = journey_of(row, now)
    # A failed handoff may wait for its journey's row, whatever that tells.
    if any(handoff.result == "failed" and known_at(handoff, customer) > now for handoff in customer.handoffs.values()):
        return None
    return Customer(customer.handoffs, customer.promises, journeys, customer.waits, customer.said, customer.version)


def _is_judged(customer: Customer) -> bool:
    return bool(customer.handoffs or customer.promises or customer.waits or customer.said)
