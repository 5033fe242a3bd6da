"""Spec 2, “All of it is a pure function of (set of touchpoints of one customer, catalogue, clock `W`)”.

Written from the text alone, and as plainly as the text: nothing is kept between two looks at the touchpoints, so a
history of n touchpoints takes time in proportion to n² and more. The quotations are the specification's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from schemas.catalogue import Catalogue
from schemas.touchpoint import Touchpoint
from tests.reference.handoffs import channel_of, contacts_of, handoffs_of, visits_of
from tests.reference.journeys import Journey, attaching_step, journeys_of, opening_of, status_and_end

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reference:
    """Rows by id, with all columns but `version` and `is_deleted`; journey_id (or None) by channel and event_id."""

    journeys: dict[str, Row]
    handoffs: dict[str, Row]
    promises: dict[str, Row]
    assignment: dict[tuple[str, str], str | None]


def stitch_by_the_book(customer_id: str, touchpoints: list[Touchpoint], catalogue: Catalogue, clock: int) -> Reference:
    """“The touchpoints of a customer, one per `(channel, event_id)`, sorted by `(occurred_at, channel, event_id)`.”"""
    in_order = sorted(touchpoints, key=lambda it: (it.occurred_at, it.channel, it.event_id))
    journeys = journeys_of(customer_id, in_order, catalogue)
    assignment = _assign(in_order, journeys, catalogue)
    journey_rows, handoff_rows = {}, {}
    for journey in journeys:
        row, handoffs = _journey_rows(journey, in_order, assignment, catalogue, clock)
        journey_rows[journey.journey_id] = {"customer_id": customer_id, **row}
        handoff_rows.update({it["handoff_id"]: {"customer_id": customer_id, **it} for it in handoffs})
    promises = {
        promise_id: {"customer_id": customer_id, **_promise_row(promise_id, in_order, assignment, clock)}
        for promise_id in {it.promise_id for it in in_order}
        if promise_id is not None
    }
    return Reference(journey_rows, handoff_rows, promises, assignment)


def _assign(
    in_order: list[Touchpoint], journeys: list[Journey], catalogue: Catalogue
) -> dict[tuple[str, str], str | None]:
    by_step = {(step.channel, step.event_id): it.journey_id for it in journeys for step in it.steps}
    assignment = {}
    for touchpoint in in_order:
        # “attached … to that step's journey (to none if the step has none)”
        through = touchpoint if touchpoint.is_step else attaching_step(touchpoint, in_order, catalogue)
        journey_id = None if through is None else by_step.get((through.channel, through.event_id))
        assignment[touchpoint.channel, touchpoint.event_id] = journey_id
    return assignment


def _journey_rows(
    journey: Journey,
    in_order: list[Touchpoint],
    assignment: dict[tuple[str, str], str | None],
    catalogue: Catalogue,
    clock: int,
) -> tuple[Row, list[Row]]:
    members = [it for it in in_order if assignment[it.channel, it.event_id] == journey.journey_id]
    considered = [it for it in members if not _is_left_aside(it, in_order, catalogue)]
    contacts = contacts_of(considered, catalogue.contact_gap)
    visits = visits_of(contacts)
    care = tuple(sorted({group for it in members for group in it.care}))
    handoffs = handoffs_of(journey, visits, care, catalogue, clock)
    status, ended_at = status_and_end(journey, in_order, catalogue, clock)
    row = {
        "journey_id": journey.journey_id,
        "intent": journey.intent,
        "case_id": journey.case,
        "status": status,
        # “`started_at` and `last_at` span all its touchpoints; sums, scores and counts take all of them.”
        "started_at": members[0].occurred_at,
        "last_at": members[-1].occurred_at,
        "ended_at": ended_at,
        "channels": tuple(channel_of(visit) for visit in visits),
        "touchpoints": len(members),
        "visits": len(visits),
        "contacts": len(contacts),
        "handoffs": len(handoffs),
        "failed_handoffs": sum(it["result"] == "failed" for it in handoffs),
        "reopened": journey.reopened,
        "wait_seconds": _sum([it.wait_seconds for it in members]),
        "handle_seconds": _sum([it.handle_seconds for it in members]),
        "reasks": sum(len(it.reasked) for it in members),
        "csat": _last_score(members, "csat"),
        "nps": _last_score(members, "nps"),
        "ces": _last_score(members, "ces"),
        "care": care,
        "incidents": tuple(sorted({it.incident_id for it in members if it.incident_id is not None})),
        "failures": tuple(sorted({failure for it in handoffs for failure in it["failures"]})),
        "contact_channels": tuple(contact[0].channel for contact in contacts),
        "contact_starts": tuple(contact[0].occurred_at for contact in contacts),
        "waits": {
            channel: _sum([it.wait_seconds for it in members if it.channel == channel])
            for channel in {it.channel for it in members if it.wait_seconds}
        },
    }
    return row, handoffs


def _is_left_aside(touchpoint: Touchpoint, in_order: list[Touchpoint], catalogue: Catalogue) -> bool:
    """“Feedback, and ambient touchpoints attached through feedback or through a previous step, are left aside here.”"""
    if touchpoint.is_step:
        return touchpoint.is_feedback
    through = attaching_step(touchpoint, in_order, catalogue)
    return through is not None and (through.is_feedback or through.order < touchpoint.order)


def _sum(seconds: list[float | None]) -> float:
    """In whole microseconds, so that 0.1 + 0.2 + 0.3 is 0.6."""
    return sum(round(it * 1_000_000) for it in seconds if it is not None) / 1_000_000


def _last_score(members: list[Touchpoint], scale: str) -> int | None:
    return next((it.satisfaction_score for it in reversed(members) if it.satisfaction_scale == scale), None)


def _promise_row(
    promise_id: str, in_order: list[Touchpoint], assignment: dict[tuple[str, str], str | None], clock: int
) -> Row:
    opening = opening_of(promise_id, in_order)
    # “the first touchpoint at or after it in order (it may be the same one) that `keeps` it closes it.”
    keeping = next((it for it in in_order if it.order >= opening.order and it.keeps == promise_id), None)
    due_at = opening.promise_due_at
    assert due_at is not None, "a promise has a due time"
    if keeping is not None:
        # “`kept` (closed at or before `due_at`), `kept_late`”
        status = "kept" if keeping.occurred_at <= due_at else "kept_late"
    else:
        # “else `overdue` if `W` > `due_at`, else `pending`”
        status = "overdue" if clock > due_at else "pending"
    return {
        "promise_id": promise_id,
        "journey_id": assignment[opening.channel, opening.event_id],
        "channel": opening.channel,
        "made_at": opening.occurred_at,
        "due_at": due_at,
        "kept_at": None if keeping is None else keeping.occurred_at,
        "status": status,
    }
