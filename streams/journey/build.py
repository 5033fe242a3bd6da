"""The state of a customer from all its touchpoints at once: the specification's pure function, without the clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.catalogue import Catalogue
from schemas.touchpoint import Touchpoint
from streams.journey.contacts import add_to_contacts
from streams.journey.life import choose_journey, is_joinable, live_step, start_journey
from streams.journey.promises import attach_promise, follow_promises
from streams.journey.sessions import session_key
from streams.journey.state import Head, Journey, Pending, Stored
from streams.journey.totals import add_to_totals

UNKNOWN_INTENT = "unknown"


@dataclass(slots=True)
class Place:
    """Where a touchpoint belongs. `aside` is left out of contacts; `pending` may still get a next step."""

    stored: Stored
    journey: Journey | None = None
    aside: bool = False
    pending: bool = False


@dataclass(slots=True)
class Built:
    """All journeys of the customer (none settled away), and the place of each touchpoint, in order."""

    head: Head
    places: list[Place]


@dataclass(slots=True)
class _Session:
    last_step: Place | None = None
    waiting: list[Place] = field(default_factory=list)


def build(customer_id: str, log: Sequence[Stored], catalogue: Catalogue) -> Built:
    """Stitch `log`, one entry per `(channel, event_id)`, sorted by the touchpoints' order."""
    places = [Place(stored) for stored in log]
    head = Head(cases=_case_intents(places), newest=log[-1].touchpoint.order if log else None)
    _scan(customer_id, head, places, catalogue)
    _attach_ambient(head, places, catalogue.contact_gap)
    for place in places:
        _count(place, catalogue)
        if not place.stored.touchpoint.is_step:
            journey_id = place.journey.journey_id if place.journey else None
            attach_promise(head.promises, place.stored.touchpoint, journey_id, set())
    return Built(head, places)


def _case_intents(places: list[Place]) -> dict[str, str | None]:
    intents: dict[str, str | None] = {}
    for place in places:
        touchpoint = place.stored.touchpoint
        if touchpoint.case_id is not None and intents.get(touchpoint.case_id) is None:
            intents[touchpoint.case_id] = touchpoint.intent
    return intents


def _scan(customer_id: str, head: Head, places: list[Place], catalogue: Catalogue) -> None:
    """Give every step its journey, and follow all promises."""
    joinable: list[Journey] = []
    by_case: dict[str, Journey] = {}
    for place in places:
        touchpoint = place.stored.touchpoint
        opened = follow_promises(head.promises, touchpoint, set())
        if not touchpoint.is_step:
            continue
        joinable = [journey for journey in joinable if is_joinable(journey, touchpoint.occurred_at)]
        intent = step_intent(head.cases, touchpoint)
        journey = by_case.get(touchpoint.case_id or "") or choose_journey(joinable, touchpoint, intent)
        if journey is None and not touchpoint.is_feedback:
            journey = start_journey(customer_id, touchpoint, intent)
            head.journeys.append(journey)
        if journey is not None:
            live_step(journey, touchpoint, opened, catalogue)
            if not any(journey is other for other in joinable):
                joinable.append(journey)
            if journey.case_id is not None:
                by_case[journey.case_id] = journey
            attach_promise(head.promises, touchpoint, journey.journey_id, set())
        place.journey = journey
        place.aside = touchpoint.is_feedback


def step_intent(cases: dict[str, str | None], step: Touchpoint) -> str:
    """The step's own intent, or that of the first step of its case that has one."""
    if step.intent is not None:
        return step.intent
    return cases.get(step.case_id or "") or UNKNOWN_INTENT


def _attach_ambient(head: Head, places: list[Place], gap: int) -> None:
    sessions: dict[str, _Session] = defaultdict(_Session)
    for place in places:
        touchpoint = place.stored.touchpoint
        if touchpoint.session_id is None:
            continue
        session = sessions[session_key(touchpoint)]
        if touchpoint.is_step:
            _attach_waiting(session, place, gap)
        else:
            _follow_previous(place, session.last_step, gap)
            session.waiting.append(place)
    _keep_recent(head, sessions, gap)


def _attach_waiting(session: _Session, step: Place, gap: int) -> None:
    for place in session.waiting:
        if step.stored.touchpoint.occurred_at - place.stored.touchpoint.occurred_at <= gap:
            place.journey = step.journey
            place.aside = step.aside
    session.waiting.clear()
    session.last_step = step


def _follow_previous(place: Place, step: Place | None, gap: int) -> None:
    place.aside = True
    if step is None:
        return
    if place.stored.touchpoint.occurred_at - step.stored.touchpoint.occurred_at <= gap:
        place.journey = step.journey


def _keep_recent(head: Head, sessions: dict[str, _Session], gap: int) -> None:
    """Keep in the head what an in-order touchpoint may still attach to."""
    if head.newest is None:
        return
    horizon = head.newest[0] - gap
    waiting = [place for session in sessions.values() for place in session.waiting]
    for place in sorted(waiting, key=lambda place: place.stored.touchpoint.order):
        if place.stored.touchpoint.occurred_at >= horizon:
            place.pending = True
            journey_id = place.journey.journey_id if place.journey else None
            head.pending.append(Pending(place.stored, journey_id))
    for key, session in sessions.items():
        step = session.last_step
        if step is not None and step.stored.touchpoint.occurred_at >= horizon:
            journey_id = step.journey.journey_id if step.journey else None
            head.sessions[key] = (step.stored.touchpoint.occurred_at, journey_id)


def _count(place: Place, catalogue: Catalogue) -> None:
    journey = place.journey
    if journey is None or place.pending:
        return
    add_to_totals(journey.totals, place.stored.touchpoint)
    if not place.aside:
        add_to_contacts(journey, place.stored.touchpoint, catalogue)
