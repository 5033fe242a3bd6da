"""The life of journeys: which one a step joins, what begins, prolongs, finishes and reopens it (spec 2, "Journeys")."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.catalogue import Catalogue
from schemas.touchpoint import Touchpoint
from streams.journey.ids import identifier
from streams.journey.state import FEEDBACK_REACH, Journey
from streams.journey.totals import begin_totals

FINISHING = frozenset({"succeeded", "cancelled"})


def choose_journey(journeys: Iterable[Journey], step: Touchpoint, intent: str) -> Journey | None:
    """The journey that `step` joins by rules 1 to 3, or None: it starts one, or stays unattached if it is feedback.

    `journeys` holds every journey that the step can join; `intent` is the step's own, or what its case gives.
    """
    case_id = step.case_id
    at = step.occurred_at
    is_feedback = step.is_feedback
    best: Journey | None = None
    for journey in journeys:
        if case_id is not None and journey.case_id == case_id:
            return journey
        if journey.intent != intent or (case_id is not None and journey.case_id is not None):
            continue
        if is_feedback:
            reaches = at - journey.last_step_at <= FEEDBACK_REACH
        else:
            reaches = not journey.finished and at <= journey.reach
        if reaches and (best is None or _later(journey, best)):
            best = journey
    return best


def is_joinable(journey: Journey, at: int) -> bool:
    """Whether a step at `at` or later may join the journey other than by its case."""
    return at - journey.last_step_at <= FEEDBACK_REACH or (not journey.finished and at <= journey.reach)


def superseded(journeys: Iterable[Journey], at: int) -> set[str]:
    """Those of `journeys` that no step at `at` or later joins, since each that could joins a later one.

    A journey without a case that is over waits for feedback alone. That goes to the latest of its intent, and never
    past one that is such a journey itself: nothing gives that a case any more.
    """
    latest: dict[str, Journey] = {}
    found = set()
    for journey in journeys:
        if journey.case_id is not None or not (journey.finished or at > journey.reach):
            continue
        earlier, later = sorted((journey, latest.get(journey.intent, journey)), key=_order)
        latest[journey.intent] = later
        if earlier is not later:
            found.add(earlier.journey_id)
    return found


def start_journey(customer_id: str, step: Touchpoint, intent: str) -> Journey:
    """The journey that `step` starts; the step itself has still to be lived and counted."""
    return Journey(
        journey_id=identifier(customer_id, step.channel, step.event_id),
        intent=intent,
        case_id=step.case_id,
        first_step_at=step.occurred_at,
        last_step_at=step.occurred_at,
        reach=step.occurred_at,
        totals=begin_totals(step),
    )


def live_step(journey: Journey, step: Touchpoint, opens_promise: bool, catalogue: Catalogue) -> None:
    """Let `step`, the journey's latest, prolong, finish or reopen it.

    `opens_promise` tells that the step's promise is the first of its id for this customer.
    """
    if step.keeps is not None:
        journey.promises.pop(step.keeps, None)
    if not step.is_feedback:
        _move_on(journey, step, catalogue)
        if opens_promise and step.promise_id != step.keeps:
            assert step.promise_id is not None
            assert step.promise_due_at is not None
            journey.promises[step.promise_id] = step.promise_due_at
    journey.reach = _reach(journey, catalogue)


def referral_deadline(step: Touchpoint, intent: str, catalogue: Catalogue) -> int:
    """When a referral made by `step` in a journey of `intent` must have been met (ms)."""
    if step.referral_due_at is not None:
        return step.referral_due_at
    return step.occurred_at + catalogue.handoff_window(intent)


def _move_on(journey: Journey, step: Touchpoint, catalogue: Catalogue) -> None:
    journey.last_step_at = step.occurred_at
    if step.case_id is not None:
        journey.case_id = step.case_id
    if journey.referral_channel == step.channel:
        journey.referral_channel = None
    if step.outcome in FINISHING:
        journey.finished = True
        journey.finish_outcome = step.outcome
        journey.finished_at = step.occurred_at
        journey.referral_channel = None
    elif journey.finished:
        journey.finished = False
        journey.reopened += 1
    if step.referral_to is not None:
        journey.referral_channel = step.referral_to
        journey.referral_deadline = referral_deadline(step, journey.intent, catalogue)


def _reach(journey: Journey, catalogue: Catalogue) -> int:
    reach = journey.last_step_at + catalogue.inactivity(journey.intent)
    if journey.referral_channel is not None and journey.referral_deadline > reach:
        reach = journey.referral_deadline
    if journey.promises:
        reach = max(reach, *journey.promises.values())
    return reach


def _later(journey: Journey, other: Journey) -> bool:
    return _order(journey) > _order(other)


def _order(journey: Journey) -> tuple[int, int, str]:
    return journey.last_step_at, journey.first_step_at, journey.journey_id
