"""Rows of journeys and promises as they stand at a clock W."""

from __future__ import annotations

from typing import NamedTuple

from schemas.catalogue import Catalogue
from schemas.rows import HandoffRow, JourneyRow, JourneyStatus, PromiseRow, PromiseStatus
from schemas.touchpoint import Touchpoint
from streams.journey.handoffs import list_handoffs
from streams.journey.state import Journey, Promise, Totals
from streams.journey.totals import add_to_totals, copy_totals
from streams.journey.visits import group_visits

_STATUS_OF: dict[str | None, JourneyStatus] = {"succeeded": "completed", "cancelled": "cancelled", None: "abandoned"}


class Rendered(NamedTuple):
    """A journey's rows, and when they next change without a touchpoint (ms; None: never)."""

    journey: JourneyRow
    handoffs: list[HandoffRow]
    due_at: int | None


def render_journey(
    customer_id: str, journey: Journey, followers: list[Touchpoint], clock: int, catalogue: Catalogue
) -> Rendered:
    """The rows of a journey at `clock`. `followers` are pending ambient touchpoints that for now follow its steps."""
    totals = journey.totals
    if followers:
        totals = copy_totals(totals)
        for touchpoint in followers:
            add_to_totals(totals, touchpoint)
    care = tuple(totals.care)
    visits = group_visits(journey.contacts)
    handoffs, lost_after = list_handoffs(customer_id, journey, visits, care, clock, catalogue)
    status, ends_after = _status(journey, clock)
    ended = status in ("completed", "cancelled")
    row = JourneyRow(
        customer_id=customer_id,
        journey_id=journey.journey_id,
        intent=journey.intent,
        case_id=journey.case_id,
        status=status,
        started_at=totals.started_at,
        last_at=totals.last_at,
        ended_at=journey.finished_at if ended else None,
        channels=tuple([visit.channel for visit in visits]),
        touchpoints=totals.touchpoints,
        visits=len(visits),
        contacts=len(journey.contacts),
        handoffs=len(handoffs),
        failed_handoffs=sum(handoff.result == "failed" for handoff in handoffs),
        reopened=journey.reopened,
        wait_seconds=totals.wait_us / 1_000_000,
        handle_seconds=totals.handle_us / 1_000_000,
        reasks=totals.reasks,
        csat=_score(totals, "csat"),
        nps=_score(totals, "nps"),
        ces=_score(totals, "ces"),
        care=care,
        incidents=tuple(totals.incidents),
        contact_channels=tuple([contact.channel for contact in journey.contacts]),
        contact_starts=tuple([contact.first_at for contact in journey.contacts]),
        failures=tuple(sorted({failure for handoff in handoffs for failure in handoff.failures})),
        waits={channel: waited / 1_000_000 for channel, waited in sorted(totals.waits_us.items())},
    )
    return Rendered(row, handoffs, earliest(lost_after, ends_after))


def render_promise(customer_id: str, promise: Promise, clock: int) -> PromiseRow:
    """The row of a promise at `clock`."""
    return PromiseRow(
        customer_id=customer_id,
        promise_id=promise.promise_id,
        journey_id=promise.journey_id,
        channel=promise.channel,
        made_at=promise.made_at,
        due_at=promise.due_at,
        kept_at=promise.kept_at,
        status=_promise_status(promise, clock),
    )


def promise_due(promise: Promise, clock: int) -> int | None:
    """When the promise turns overdue (ms), if it still can."""
    return promise.due_at + 1 if promise.kept_at is None and clock <= promise.due_at else None


def earliest(*times: int | None) -> int | None:
    """The first of the times that are given (ms); None if none is."""
    return min((time for time in times if time is not None), default=None)


def _status(journey: Journey, clock: int) -> tuple[JourneyStatus, int | None]:
    """The status at `clock`, and when it changes without a touchpoint."""
    if not journey.finished and clock <= journey.reach:
        return "open", journey.reach + 1
    return _STATUS_OF[journey.finish_outcome], None


def _promise_status(promise: Promise, clock: int) -> PromiseStatus:
    if promise.kept_at is not None:
        return "kept" if promise.kept_at <= promise.due_at else "kept_late"
    return "overdue" if clock > promise.due_at else "pending"


def _score(totals: Totals, scale: str) -> int | None:
    given = totals.scores.get(scale)
    return None if given is None else given[3]
