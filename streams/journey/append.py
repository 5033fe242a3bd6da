"""Touchpoints that come in order: the head grows by them, and the log is not read."""

from __future__ import annotations

import msgspec

from schemas.catalogue import Catalogue
from schemas.touchpoint import Touchpoint
from streams.journey.build import step_intent
from streams.journey.contacts import add_to_contacts, latest_in_contacts
from streams.journey.life import choose_journey, live_step, start_journey
from streams.journey.promises import attach_promise, follow_promises
from streams.journey.sessions import may_have_departed, session_key
from streams.journey.state import Head, Journey, Pending, Stored
from streams.journey.totals import add_to_totals

_MANY_PENDING = 8
"""A batch that spans days would otherwise search ever longer lists."""


class Touched(msgspec.Struct):
    """What a batch changed: ids of journeys and promises, and `(channel, event_id)` → touchpoint and its journey."""

    journeys: set[str] = set()
    promises: set[str] = set()
    places: dict[tuple[str, str], tuple[Stored, str | None]] = {}

    def place(self, stored: Stored, journey_id: str | None) -> None:
        """`stored` is of `journey_id` now; None: of no journey."""
        self.places[stored.touchpoint.channel, stored.touchpoint.event_id] = (stored, journey_id)


def append(customer_id: str, head: Head, stored: Stored, touched: Touched, catalogue: Catalogue) -> bool:
    """Add a touchpoint that comes after all others of the customer.

    Returns False if it changes what earlier touchpoints meant in a way that the head cannot tell: the caller then
    discards `head` and `touched`, and builds from the log.
    """
    touchpoint = stored.touchpoint
    opened = follow_promises(head.promises, touchpoint, touched.promises)
    head.newest = touchpoint.order
    if touchpoint.is_step:
        return _append_step(customer_id, head, stored, opened, touched, catalogue)
    return _append_ambient(head, stored, touched, catalogue.contact_gap)


def settle_pending(head: Head, at: int, gap: int) -> None:
    """Forget sessions, and count pending touchpoints for good, that no touchpoint at `at` or later can reach."""
    horizon = at - gap
    if head.pending and head.pending[0].stored.touchpoint.occurred_at < horizon:
        for pending in head.pending:
            if pending.stored.touchpoint.occurred_at < horizon and pending.previous is not None:
                add_to_totals(_journey(head, pending.previous).totals, pending.stored.touchpoint)
        head.pending = [p for p in head.pending if p.stored.touchpoint.occurred_at >= horizon]
    if any(at < horizon for at, _ in head.sessions.values()):
        head.sessions = {key: step for key, step in head.sessions.items() if step[0] >= horizon}
    head.departed = [departed for departed in head.departed if departed.at >= horizon]


def _append_ambient(head: Head, stored: Stored, touched: Touched, gap: int) -> bool:
    """Add an ambient touchpoint; False if the journey of its session's last step may have left the head."""
    touchpoint = stored.touchpoint
    journey_id = None
    if touchpoint.session_id is not None:
        key = session_key(touchpoint)
        step = head.sessions.get(key)
        if step is None and may_have_departed(head, key, touchpoint.occurred_at - gap):
            return False
        if step is not None and touchpoint.occurred_at - step[0] <= gap:
            journey_id = step[1]
        head.pending.append(Pending(stored, journey_id))
        if len(head.pending) > _MANY_PENDING:
            settle_pending(head, touchpoint.occurred_at, gap)
    if journey_id is not None:
        touched.journeys.add(journey_id)
    attach_promise(head.promises, touchpoint, journey_id, touched.promises)
    touched.place(stored, journey_id)
    return True


def _append_step(
    customer_id: str, head: Head, stored: Stored, opened: bool, touched: Touched, catalogue: Catalogue
) -> bool:
    step = stored.touchpoint
    if step.case_id is not None and not _take_case(head, step, step.case_id):
        return False
    intent = step_intent(head.cases, step)
    journey = choose_journey(head.journeys, step, intent)
    if journey is None and not step.is_feedback:
        journey = start_journey(customer_id, step, intent)
        head.journeys.append(journey)
    if step.session_id is not None:
        if head.pending and not _attach_pending(head, step, journey, touched, catalogue):
            return False
        head.sessions[session_key(step)] = (step.occurred_at, journey.journey_id if journey else None)
    if journey is None:
        touched.place(stored, None)
        return True
    live_step(journey, step, opened, catalogue)
    add_to_totals(journey.totals, step)
    if not step.is_feedback:
        add_to_contacts(journey, step, catalogue)
    attach_promise(head.promises, step, journey.journey_id, touched.promises)
    touched.journeys.add(journey.journey_id)
    touched.place(stored, journey.journey_id)
    return True


def _take_case(head: Head, step: Touchpoint, case_id: str) -> bool:
    """Note the step's case; False if its journey has left the head, or if its earlier steps get their intent now."""
    if case_id not in head.cases:
        head.cases[case_id] = step.intent
        return True
    if head.cases[case_id] is None and step.intent is not None:
        return False
    return any(journey.case_id == case_id for journey in head.journeys)


def _attach_pending(
    head: Head, step: Touchpoint, journey: Journey | None, touched: Touched, catalogue: Catalogue
) -> bool:
    """Attach the pending touchpoints of the step's session; False if one belongs amid the journey's contacts."""
    session_id, channel, earliest = step.session_id, step.channel, step.occurred_at - catalogue.contact_gap
    left: list[Pending] = []
    for pending in head.pending:
        touchpoint = pending.stored.touchpoint
        same_session = touchpoint.session_id == session_id and touchpoint.channel == channel
        if not same_session or touchpoint.occurred_at < earliest:
            left.append(pending)
            continue
        if journey is not None:
            if not step.is_feedback:
                if journey.contacts and latest_in_contacts(journey) > touchpoint.order:
                    return False
                add_to_contacts(journey, touchpoint, catalogue)
            add_to_totals(journey.totals, touchpoint)
        _move(pending, journey.journey_id if journey else None, head, touched)
    head.pending = left
    return True


def _move(pending: Pending, journey_id: str | None, head: Head, touched: Touched) -> None:
    touched.journeys.update(each for each in (pending.previous, journey_id) if each is not None)
    if journey_id != pending.previous:
        touched.place(pending.stored, journey_id)
        attach_promise(head.promises, pending.stored.touchpoint, journey_id, touched.promises)


def _journey(head: Head, journey_id: str) -> Journey:
    return next(journey for journey in head.journeys if journey.journey_id == journey_id)
