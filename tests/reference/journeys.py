"""Sections “Steps and ambient touchpoints” and “Journeys” of the specification, rule by rule."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID, uuid5

from schemas.catalogue import Catalogue
from schemas.touchpoint import Touchpoint

# “Identifiers are UUIDv5 with namespace `6b1c7a52-2f0e-5d7b-9a53-0c6c7b1f4e10`; `⊕` joins strings with `\x1f`.”
NAMESPACE = UUID("6b1c7a52-2f0e-5d7b-9a53-0c6c7b1f4e10")
SEVEN_DAYS = 7 * 24 * 60 * 60 * 1000
FINISHING = {"succeeded": "completed", "cancelled": "cancelled"}


def identifier(*parts: str) -> str:
    return str(uuid5(NAMESPACE, "\x1f".join(parts)))


@dataclass(frozen=True, slots=True)
class Journey:
    """Its steps in order, feedback among them; the first step is never feedback."""

    journey_id: str
    intent: str
    steps: list[Touchpoint]

    @property
    def proper_steps(self) -> list[Touchpoint]:
        """“Feedback (stage `feedback`) never starts, finishes, reopens or prolongs a journey”."""
        return [step for step in self.steps if not step.is_feedback]

    @property
    def last_step(self) -> Touchpoint:
        """“*Last step* leaves feedback out”."""
        return self.proper_steps[-1]

    @property
    def case(self) -> str | None:
        """“if `k` is set it becomes the journey's case”; feedback “never gives it a case”."""
        return next((step.case_id for step in self.proper_steps if step.case_id is not None), None)

    @property
    def finished(self) -> bool:
        """“outcome `succeeded` or `cancelled` finishes the journey; any other … opens it again”."""
        return self.last_step.outcome in FINISHING

    @property
    def last_finishing(self) -> Touchpoint | None:
        return next((step for step in reversed(self.proper_steps) if step.outcome in FINISHING), None)

    @property
    def reopened(self) -> int:
        """“any other outcome in a finished journey … opens it again (`reopened` + 1)”."""
        outcomes = [step.outcome for step in self.proper_steps]
        return sum(before in FINISHING and after not in FINISHING for before, after in pairwise(outcomes))


def intent_of(step: Touchpoint, in_order: list[Touchpoint]) -> str:
    """“A step with a case and no intent takes the intent of the first step, in order, of that case that has one, else
    `unknown`.”
    """
    if step.intent is not None:
        return step.intent
    return next((other.intent for other in in_order if other.case_id == step.case_id and other.intent), "unknown")


def opening_of(promise_id: str, in_order: list[Touchpoint]) -> Touchpoint:
    """“`promise` opens one (`promise_id` is unique per customer; the first in order stays)”."""
    return next(touchpoint for touchpoint in in_order if touchpoint.promise_id == promise_id)


def journeys_of(customer_id: str, in_order: list[Touchpoint], catalogue: Catalogue) -> list[Journey]:
    """“Scan the steps in order.”"""
    journeys: list[Journey] = []
    for step in in_order:
        if not step.is_step:
            continue
        intent = intent_of(step, in_order)
        journey = _journey_to_join(step, intent, journeys, in_order, catalogue)
        if journey is not None:
            journey.steps.append(step)
        elif not step.is_feedback:
            # “4. Otherwise `t` starts a journey, with its case.”
            # “`journey_id = uuid5(customer_id ⊕ channel ⊕ event_id)` of its first step.”
            journeys.append(Journey(identifier(customer_id, step.channel, step.event_id), intent, [step]))
    return journeys


def _journey_to_join(
    t: Touchpoint, intent: str, journeys: list[Journey], in_order: list[Touchpoint], catalogue: Catalogue
) -> Journey | None:
    k = t.case_id
    # “1. `k` is set and a journey of case `k` exists → join it.”
    if k is not None:
        for journey in journeys:
            if journey.case == k:
                return journey
    # “the journeys of intent `i` … where `k` or the journey's case is null”
    fitting = [journey for journey in journeys if journey.intent == intent and (k is None or journey.case is None)]
    if t.is_feedback:
        # “2. Otherwise, feedback joins the journey of intent `i`, finished or not, … whose last step is the latest
        # and at most 7 days before `t`; with none it stays unattached.”
        return _latest([it for it in fitting if t.occurred_at - it.last_step.occurred_at <= SEVEN_DAYS])
    # “3. Otherwise the candidates are the journeys of intent `i` that are not finished, … and that `t` still
    # reaches: `t` ≤ `reach`. Join the one with the latest last step”
    return _latest(
        [it for it in fitting if not it.finished and t.occurred_at <= reach(it, in_order, catalogue)],
    )


def _latest(candidates: list[Journey]) -> Journey | None:
    """“ties go to the journey whose first step is the latest, then to the greater id”."""
    return max(
        candidates,
        key=lambda it: (it.last_step.occurred_at, it.steps[0].occurred_at, it.journey_id),
        default=None,
    )


def deadline(referring: Touchpoint, intent: str, catalogue: Catalogue) -> int:
    """“its `due_at`, else the referring step's time + `handoff_window(i)`”."""
    if referring.referral_due_at is not None:
        return referring.referral_due_at
    return referring.occurred_at + catalogue.handoff_window(intent)


def reach(journey: Journey, in_order: list[Touchpoint], catalogue: Catalogue) -> int:
    """“`reach` is the greatest of:”"""
    # “last step + `inactivity(i)`”
    times = [journey.last_step.occurred_at + catalogue.inactivity(journey.intent)]
    # “the *deadline* of the last referral, if it was made after the last finishing and no later step, feedback aside,
    # is on its channel”
    steps = journey.proper_steps
    referrals = [step for step in steps if step.outcome == "referred"]
    if referrals:
        last = referrals[-1]
        finishing = journey.last_finishing
        after_the_last_finishing = finishing is None or last.order > finishing.order
        visited = any(step.order > last.order and step.channel == last.referral_to for step in steps)
        if after_the_last_finishing and not visited:
            times.append(deadline(last, journey.intent, catalogue))
    # “the `due_at` of each promise opened ("Promises") by a step of the journey, feedback aside, and not kept by the
    # same or a later step of it”
    for step in steps:
        if step.promise_id is None or step.promise_due_at is None or opening_of(step.promise_id, in_order) != step:
            continue
        if not any(other.keeps == step.promise_id for other in journey.steps if other.order >= step.order):
            times.append(step.promise_due_at)
    return max(times)


def status_and_end(
    journey: Journey, in_order: list[Touchpoint], catalogue: Catalogue, clock: int
) -> tuple[str, int | None]:
    """“Status at clock `W`”, and “`ended_at`: the time of the last finishing while the status is `completed` or
    `cancelled`, else null.”
    """
    finishing = journey.last_finishing
    # “Not finished and `W` ≤ `reach` → `open`.”
    if not journey.finished and clock <= reach(journey, in_order, catalogue):
        return "open", None
    # “finished, by its last finishing outcome → `completed` or `cancelled`. … Beyond: that of its last finishing
    # outcome if it ever had one (a question after the end undoes nothing), else `abandoned`.”
    if finishing is None:
        return "abandoned", None
    return FINISHING[finishing.outcome], finishing.occurred_at


def attaching_step(ambient: Touchpoint, in_order: list[Touchpoint], catalogue: Catalogue) -> Touchpoint | None:
    """“Afterwards each ambient touchpoint that has a `session_id` is attached through the next step of its `(channel,
    session_id)`, else through the previous one, at most `contact_gap` away either way …; the rest stay unattached”.
    """
    if ambient.session_id is None:
        return None
    near = [
        step
        for step in in_order
        if step.is_step
        and (step.channel, step.session_id) == (ambient.channel, ambient.session_id)
        and abs(step.occurred_at - ambient.occurred_at) <= catalogue.contact_gap
    ]
    following = [step for step in near if step.order > ambient.order]
    previous = [step for step in near if step.order < ambient.order]
    if following:
        return following[0]
    return previous[-1] if previous else None
