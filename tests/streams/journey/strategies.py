"""Sets of touchpoints of one customer, dense enough that every rule of stitching meets every other."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from hypothesis import strategies as st

from schemas.touchpoint import Touchpoint
from tests.streams.journey.cases import DAY, HOUR, at

CHANNELS = ("mobile_app", "online_banking", "hotline", "branch")
GAPS = (0, 1, 60_000, HOUR, 2 * HOUR, 5 * HOUR, 30 * HOUR, 3 * DAY, 8 * DAY)

_time_of_promise = st.sampled_from((0, HOUR, 12 * DAY))


@st.composite
def touchpoint_sets(draw: st.DrawFn, most: int = 14) -> list[Touchpoint]:
    """Up to `most` touchpoints, unique by channel and event_id, in order of time."""
    gaps = draw(st.lists(st.sampled_from(GAPS), min_size=1, max_size=most))
    time = at("2 09:00")
    found: dict[tuple[str, str], Touchpoint] = {}
    for index, gap in enumerate(gaps):
        time += gap
        touchpoint = draw(_touchpoint(str(index % 11), time))
        found.setdefault((touchpoint.channel, touchpoint.event_id), touchpoint)
    return list(found.values())


@st.composite
def _moments(draw: st.DrawFn, gaps: tuple[int, ...], fewest: int, most: int) -> list[tuple[str, int]]:
    """An event_id and a time for each of some touchpoints, each a gap after the one before."""
    drawn = draw(st.lists(st.sampled_from(gaps), min_size=fewest, max_size=most))
    return [(str(index), time) for index, time in enumerate(accumulate([at("2 09:00") + drawn[0], *drawn[1:]]))]


@st.composite
def endings_and_feedback(draw: st.DrawFn) -> list[Touchpoint]:
    """Journeys of one intent that end one after another, and feedback, each with or without a case."""
    found = []
    for event_id, time in draw(_moments((HOUR, 2 * HOUR, DAY), fewest=3, most=10)):
        found.append(
            Touchpoint(
                channel=draw(st.sampled_from(CHANNELS)),
                event_id=event_id,
                occurred_at=time,
                touchpoint="service.step",
                intent="card",
                case_id=draw(st.sampled_from((None, "k1", "k2"))),
                stage=draw(st.sampled_from(("serve", "feedback"))),
                outcome=draw(st.sampled_from(("succeeded", "progressed"))),
            )
        )
    return found


@st.composite
def names_that_go_on(draw: st.DrawFn) -> list[Touchpoint]:
    """Some weeks of one customer, in which one promise and one case are named again and again."""
    found = []
    for event_id, time in draw(_moments((HOUR, DAY, 3 * DAY, 4 * DAY), fewest=4, most=14)):
        case_id = draw(st.sampled_from((None, "k")))
        promise: dict[str, Any] = {"promise_id": "p", "promise_due_at": time + DAY}
        promised = draw(st.sampled_from(({}, {}, promise, {"keeps": "p"})))
        found.append(
            Touchpoint(
                channel=draw(st.sampled_from(CHANNELS)),
                event_id=event_id,
                occurred_at=time,
                touchpoint="service.step",
                intent=draw(st.sampled_from(("card", "loan", None) if case_id else ("card", "loan"))),
                case_id=case_id,
                stage=draw(st.sampled_from(("serve", "serve", "feedback"))),
                outcome=draw(st.sampled_from(("succeeded", "progressed"))),
                **promised,
            )
        )
    return found


@st.composite
def endings_in_sessions(draw: st.DrawFn) -> list[Touchpoint]:
    """Journeys of one intent that end one after another, in sessions that go on with steps and without."""
    found = []
    for event_id, time in draw(_moments((60_000, 60_000, HOUR, 5 * HOUR), fewest=5, most=14)):
        found.append(
            Touchpoint(
                channel="mobile_app",
                event_id=event_id.zfill(2),
                occurred_at=time,
                touchpoint="service.step",
                intent=draw(st.sampled_from(("card", "card", None))),
                stage=draw(st.sampled_from(("serve", "serve", "serve", "feedback"))),
                outcome=draw(st.sampled_from(("succeeded", "succeeded", "progressed"))),
                session_id=draw(st.sampled_from(("s1", "s2", "s3"))),
                **draw(st.one_of(st.just({}), _extras(time))),
            )
        )
    return found


def busy_morning() -> list[Touchpoint]:
    """What comes before the sets above, enough for a head in two parts: all that they name again is in it, or over."""
    start = at("2 05:00")
    named: dict[int, dict[str, Any]] = {
        3: {"case_id": "k1", "outcome": "succeeded"},
        10: {"case_id": "k2"},
        15: {"promise_id": "p", "promise_due_at": start + 2 * HOUR},
        20: {"keeps": "p"},
        25: {"promise_id": "q", "promise_due_at": start + DAY},
        30: {"intent": "transfer", "referral_to": "branch", "outcome": "referred"},
    }
    return [
        Touchpoint(
            channel=CHANNELS[number // 6 % 2],
            event_id=f"before {number}",
            occurred_at=start + number * 5 * 60_000,
            touchpoint="service.step",
            stage="serve",
            session_id=f"s{number // 4 % 4}",
            **{
                "intent": "card" if number % 5 else None,
                "outcome": "progressed" if number % 4 else "succeeded",
                **named.get(number, {}),
            },
        )
        for number in range(40)
    ]


@st.composite
def _touchpoint(draw: st.DrawFn, event_id: str, time: int) -> Touchpoint:
    channel = draw(st.sampled_from(CHANNELS))
    fields: dict[str, Any] = {
        "session_id": draw(st.sampled_from((None, "s1", "s2"))),
        "intent": draw(st.sampled_from((None, "card", "card", "transfer"))),
        "case_id": draw(st.sampled_from((None, None, None, "k1", "k2"))),
        "stage": draw(st.sampled_from(("serve", "serve", "serve", "feedback"))),
    }
    fields.update(draw(_outcome(channel, time, fields)))
    fields.update(draw(_extras(time)))
    return Touchpoint(channel=channel, event_id=event_id, occurred_at=time, touchpoint="service.step", **fields)


@st.composite
def _outcome(draw: st.DrawFn, channel: str, time: int, fields: dict[str, Any]) -> dict[str, Any]:
    outcome = draw(st.sampled_from(("progressed", "progressed", "succeeded", "cancelled", "failed", "referred")))
    is_step = fields["intent"] is not None or fields["case_id"] is not None
    if outcome != "referred":
        return {"outcome": outcome}
    if not is_step or fields["stage"] == "feedback":
        return {}
    others = [other for other in CHANNELS if other != channel]
    due_at = draw(st.sampled_from((None, time, time + HOUR, time + 4 * DAY)))
    return {"outcome": outcome, "referral_to": draw(st.sampled_from(others)), "referral_due_at": due_at}


@st.composite
def _extras(draw: st.DrawFn, time: int) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    kind = draw(st.sampled_from(("", "", "answers", "wait", "reasked", "score", "promise", "keeps", "both", "care")))
    if kind == "answers":
        fields["answers"] = {draw(st.sampled_from(("fee", "limit", "status"))): draw(st.sampled_from(("1", "2")))}
    if kind == "wait":
        fields.update(wait_seconds=draw(st.sampled_from((0.1, 10.0, 900.5))), handle_seconds=0.2)
    if kind == "reasked":
        fields["reasked"] = ("id_number",)
    if kind == "score":
        fields.update(satisfaction_scale="csat", satisfaction_score=draw(st.integers(1, 5)))
    if kind in ("promise", "both"):
        fields.update(promise_id=draw(st.sampled_from("pq")), promise_due_at=time + draw(_time_of_promise))
    if kind in ("keeps", "both"):
        fields["keeps"] = draw(st.sampled_from("pq"))
    if kind == "care":
        fields.update(care=(draw(st.sampled_from(("elderly", "disabled"))),), incident_id="i1")
    return fields
