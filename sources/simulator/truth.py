"""The rows that the specification makes of a played journey, told from its script."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID, uuid5

from schemas.catalogue import Catalogue
from schemas.rows import HandoffResult, HandoffRow, JourneyRow, JourneyStatus, PromiseRow, PromiseStatus
from sources.simulator.play import JourneyPlay, Played, Referral

_NAMESPACE = UUID("6b1c7a52-2f0e-5d7b-9a53-0c6c7b1f4e10")
_FAILURES = ("misdirected", "overdue", "repeated", "contradicted", "bounced", "stalled")
_STATUS_OF: dict[str | None, JourneyStatus] = {"succeeded": "completed", "cancelled": "cancelled", None: "abandoned"}


class Told(NamedTuple):
    """The rows that must come of one journey; their identifiers are the simulation's own."""

    journey: JourneyRow
    handoffs: list[HandoffRow]
    promises: list[PromiseRow]


class _Seen(NamedTuple):
    """What was played by then, without arrivals whose contact had no step yet: those belong to no journey."""

    play: JourneyPlay
    journey_id: str
    played: list[Played]
    steps: list[Played]


class _Ends(NamedTuple):
    finished: bool
    outcome: str | None
    at: int | None
    reopened: int


def tell(play: JourneyPlay, until: int, clock: int, catalogue: Catalogue) -> Told | None:
    """The rows at `clock` of what was played up to `until` (UTC ms, both); None if no step was."""
    seen = _seen(play, until)
    if seen is None:
        return None
    handoffs, promises = _tell_handoffs(seen, clock), _tell_promises(seen, clock)
    return Told(_tell_journey(seen, handoffs, promises, clock, catalogue), handoffs, promises)


def _seen(play: JourneyPlay, until: int) -> _Seen | None:
    by_then = [played for played in play.played if played.at <= until]
    begun = {played.contact for played in by_then if played.place in ("step", "feedback")}
    seen = [played for played in by_then if played.contact in begun]
    steps = [played for played in seen if played.place == "step"]
    if not steps:
        return None
    journey_id = _identify(play.customer_id, steps[0].wire.channel, steps[0].wire.event_id)
    return _Seen(play, journey_id, seen, steps)


def _tell_handoffs(seen: _Seen, clock: int) -> list[HandoffRow]:
    visits: dict[int, list[Played]] = {}
    for played in seen.played:
        if played.place in ("arrive", "step"):
            visits.setdefault(played.visit, []).append(played)
    handoffs = []
    told: set[str] = set()
    for index in range(1, len(visits)):
        told |= _answered(visits[index - 1])
        handoffs.append(_arrived(seen, visits[index - 1], visits[index], told))
    owing = seen.steps[-1].owing
    return handoffs if owing is None else [*handoffs, _owed(seen, owing, clock)]


def _owed(seen: _Seen, owing: Referral, clock: int) -> HandoffRow:
    """The handoff of a referral on which nobody has come yet."""
    lost = clock > owing.due_at
    return HandoffRow(
        customer_id=seen.play.customer_id,
        handoff_id=_identify(seen.journey_id, owing.channel, owing.event_id, "lost"),
        journey_id=seen.journey_id,
        intent=seen.play.intent,
        from_channel=owing.channel,
        to_channel=owing.to_channel,
        referred_to=owing.to_channel,
        left_at=owing.made_at,
        arrived_at=None,
        due_at=owing.due_at,
        gap_seconds=None,
        result="failed" if lost else "pending",
        failures=("lost",) if lost else (),
        wait_seconds=0.0,
        reasked=(),
        contradictions={},
        care=seen.play.care,
    )


def _arrived(seen: _Seen, left: list[Played], arrived: list[Played], told: set[str]) -> HandoffRow:
    last, first = left[-1], arrived[0]
    shown = {failure for played in arrived for failure in played.shows}
    failures = tuple(failure for failure in _FAILURES if failure in shown)
    result: HandoffResult = "failed" if failures else "smooth"
    contradictions: dict[str, str] = {}
    for played in arrived:
        contradictions |= played.contradicts
    return HandoffRow(
        customer_id=seen.play.customer_id,
        handoff_id=_identify(
            seen.journey_id, last.wire.channel, last.wire.event_id, first.wire.channel, first.wire.event_id
        ),
        journey_id=seen.journey_id,
        intent=seen.play.intent,
        from_channel=last.wire.channel,
        to_channel=first.wire.channel,
        referred_to=last.owing.to_channel if last.owing else None,
        left_at=last.at,
        arrived_at=first.at,
        due_at=last.owing.due_at if last.owing else None,
        gap_seconds=(first.at - last.at) / 1000,
        result=result,
        failures=failures,
        wait_seconds=max(played.wire.wait_seconds or 0.0 for played in arrived),
        reasked=tuple(dict.fromkeys(item for played in arrived for item in played.wire.reasked)),
        contradictions=contradictions,
        care=seen.play.care,
        compared=tuple(sorted(told & _answered(arrived))),
    )


def _answered(visit: list[Played]) -> set[str]:
    """What the bank gives comparable answers about in a visit: the script's only volatile answer is `status`."""
    return {key for played in visit for key in played.wire.answers} - {"status"}


def _tell_promises(seen: _Seen, clock: int) -> list[PromiseRow]:
    kept = {played.wire.keeps: played.at for played in seen.played if played.wire.keeps}
    return [
        PromiseRow(
            customer_id=seen.play.customer_id,
            promise_id=played.wire.promise["promise_id"],
            journey_id=seen.journey_id,
            channel=played.wire.channel,
            made_at=played.at,
            due_at=played.promise_due_at,
            kept_at=kept.get(played.wire.promise["promise_id"]),
            status=_promise_status(kept.get(played.wire.promise["promise_id"]), played.promise_due_at, clock),
        )
        for played in seen.played
        if played.wire.promise is not None
    ]


def _promise_status(kept_at: int | None, due_at: int, clock: int) -> PromiseStatus:
    if kept_at is not None:
        return "kept" if kept_at <= due_at else "kept_late"
    return "overdue" if clock > due_at else "pending"


def _tell_journey(
    seen: _Seen, handoffs: list[HandoffRow], promises: list[PromiseRow], clock: int, catalogue: Catalogue
) -> JourneyRow:
    play, played = seen.play, seen.played
    ends = _ends(seen.steps)
    status = _status(seen, ends, promises, clock, catalogue)
    visits = {step.visit: step.wire.channel for step in seen.steps}
    scores = {one.wire.satisfaction["scale"]: one.wire.satisfaction["score"] for one in played if one.wire.satisfaction}
    contacts = _first_of_contacts(played)
    return JourneyRow(
        customer_id=play.customer_id,
        journey_id=seen.journey_id,
        intent=play.intent,
        case_id=next((step.wire.case_id for step in seen.steps if step.wire.case_id), None),
        status=status,
        started_at=played[0].at,
        last_at=played[-1].at,
        ended_at=ends.at if status in ("completed", "cancelled") else None,
        channels=tuple(visits.values()),
        touchpoints=len(played),
        visits=len(visits),
        contacts=len(contacts),
        handoffs=len(handoffs),
        failed_handoffs=sum(handoff.result == "failed" for handoff in handoffs),
        reopened=ends.reopened,
        wait_seconds=round(sum(one.wire.wait_seconds or 0.0 for one in played), 6),
        handle_seconds=round(sum(one.wire.handle_seconds or 0.0 for one in played), 6),
        reasks=sum(len(one.wire.reasked) for one in played),
        csat=scores.get("csat"),
        nps=scores.get("nps"),
        ces=scores.get("ces"),
        care=play.care,
        incidents=tuple(sorted({one.wire.incident_id for one in played if one.wire.incident_id})),
        contact_channels=tuple(first.wire.channel for first in contacts),
        contact_starts=tuple(first.at for first in contacts),
        waits=_tell_waits(played),
        failures=tuple(sorted({failure for handoff in handoffs for failure in handoff.failures})),
    )


def _status(seen: _Seen, ends: _Ends, promises: list[PromiseRow], clock: int, catalogue: Catalogue) -> JourneyStatus:
    last = seen.steps[-1]
    due = [promise.due_at for promise in promises if promise.kept_at is None]
    referred = [last.owing.due_at] if last.owing else []
    reach = max([last.at + catalogue.inactivity(seen.play.intent), *due, *referred])
    return "open" if not ends.finished and clock <= reach else _STATUS_OF[ends.outcome]


def _first_of_contacts(seen: list[Played]) -> list[Played]:
    """The first touchpoint of each contact, in order."""
    contacts: dict[int, Played] = {}
    for played in seen:
        if played.place in ("arrive", "step"):
            contacts.setdefault(played.contact, played)
    return list(contacts.values())


def _tell_waits(seen: list[Played]) -> dict[str, float]:
    waits: dict[str, float] = {}
    for played in seen:
        if played.wire.wait_seconds:
            channel = played.wire.channel
            waits[channel] = round(waits.get(channel, 0.0) + played.wire.wait_seconds, 6)
    return waits


def _ends(steps: list[Played]) -> _Ends:
    """How often the journey was finished and reopened, and its last finishing."""
    ends = _Ends(False, None, None, 0)
    for played in steps:
        if played.wire.outcome in ("succeeded", "cancelled"):
            ends = ends._replace(finished=True, outcome=played.wire.outcome, at=played.at)
        elif ends.finished:
            ends = ends._replace(finished=False, reopened=ends.reopened + 1)
    return ends


def _identify(*parts: str) -> str:
    return str(uuid5(_NAMESPACE, "\x1f".join(parts)))
