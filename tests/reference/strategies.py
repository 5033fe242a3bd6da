"""Sets of touchpoints of one customer that meet every limit of the specification exactly, and one ms beside it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from schemas.catalogue import Catalogue, IntentRules
from schemas.touchpoint import Touchpoint

START = 1_772_000_000_000
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
CHANNELS = ("atm", "branch", "hotline")

CATALOGUE = Catalogue(
    rules={
        "card": IntentRules(
            inactivity=10 * HOUR, handoff_window=30 * HOUR, wait_standard=60.0, wait_standards={"branch": 0.0}
        ),
        "loan": IntentRules(inactivity=8 * DAY, handoff_window=2 * HOUR, wait_standards={"atm": 0.5}),
    },
    default=IntentRules(inactivity=3 * HOUR, handoff_window=9 * HOUR, wait_standard=0.0),
    contact_gap=4 * HOUR,
    horizon=None,
    volatile_answers=frozenset({"status", "queue"}),
)
LIMITS = (0, MINUTE, 2 * HOUR, 3 * HOUR, 4 * HOUR, 9 * HOUR, 10 * HOUR, 30 * HOUR, 7 * DAY, 8 * DAY)

_limits = st.sampled_from(LIMITS)
_beside = st.sampled_from((0, 0, 0, -1, 1))
_intents = st.sampled_from(("card", "card", "card", "loan", None, None))
_cases = st.sampled_from((None, None, None, None, "k1", "k2"))
_sessions = st.sampled_from((None, "s1", "s1", "s2"))
_stages = st.sampled_from(("serve", "serve", "serve", "feedback"))
_outcomes = st.sampled_from(
    ("progressed", "progressed", "referred", "referred", "succeeded", "cancelled", "failed", "abandoned")
)
_waits = st.sampled_from((None, None, None, 0.0, 0.1, 0.5, 60.0, 60.000001))
_answers = st.dictionaries(st.sampled_from(("fee", "limit", "status")), st.sampled_from(("1", "2")), max_size=2)
_reasked = st.sampled_from(((), (), (), ("id_number",), ("phone", "id_number", "phone")))
_promises = st.sampled_from((None, None, None, None, "p", "q"))
_scores = st.sampled_from((None, None, None, ("csat", 1), ("csat", 5), ("nps", 0), ("ces", 7)))
_care = st.sampled_from(((), (), (), ("elderly",), ("disabled", "minor")))
_incidents = st.sampled_from((None, None, None, "i2", "i1"))


@st.composite
def histories(draw: st.DrawFn, most: int = 12) -> list[Touchpoint]:
    """Up to `most` touchpoints, one per channel and event_id, in no order."""
    times = [START]
    found: dict[tuple[str, str], Touchpoint] = {}
    for _ in range(draw(st.integers(1, most))):
        times.append(draw(_times(times)))
        touchpoint = draw(_touchpoints(times[-1], times))
        found.setdefault((touchpoint.channel, touchpoint.event_id), touchpoint)
    return list(found.values())


def clocks(touchpoints: list[Touchpoint]) -> st.SearchStrategy[int]:
    """Clocks at which something may just have changed, or is about to."""
    due = {it.referral_due_at for it in touchpoints} | {it.promise_due_at for it in touchpoints}
    times = sorted({it.occurred_at for it in touchpoints} | {it for it in due if it is not None})
    return _times(times)


def _times(known: list[int]) -> st.SearchStrategy[int]:
    return st.builds(lambda start, limit, beside: start + limit + beside, st.sampled_from(known), _limits, _beside)


@st.composite
def _touchpoints(draw: st.DrawFn, at: int, times: list[int]) -> Touchpoint:
    channel = draw(st.sampled_from(CHANNELS))
    is_rich = draw(st.booleans())
    fields: dict[str, Any] = {
        "session_id": draw(_sessions),
        "intent": draw(_intents),
        "case_id": draw(_cases),
        "stage": draw(_stages),
    }
    fields.update(draw(_outcome(channel, fields, times)))
    fields.update(draw(_promise(times)))
    fields.update(draw(_measures()) if is_rich else {})
    event_id = str(draw(st.integers(0, 20)))
    return Touchpoint(channel=channel, event_id=event_id, occurred_at=at, touchpoint="service.step", **fields)


@st.composite
def _outcome(draw: st.DrawFn, channel: str, fields: dict[str, Any], times: list[int]) -> dict[str, Any]:
    outcome = draw(_outcomes)
    if outcome != "referred":
        return {"outcome": outcome}
    is_step = fields["intent"] is not None or fields["case_id"] is not None
    if not is_step or fields["stage"] == "feedback":
        return {}
    others = [other for other in CHANNELS if other != channel]
    # A time that another touchpoint has too may lie before the referral itself.
    due_at = draw(st.none() | _times(times))
    return {"outcome": outcome, "referral_to": draw(st.sampled_from(others)), "referral_due_at": due_at}


@st.composite
def _promise(draw: st.DrawFn, times: list[int]) -> dict[str, Any]:
    promise_id, kept = draw(_promises), draw(_promises)
    due_at = draw(_times(times)) if promise_id is not None else None
    return {"promise_id": promise_id, "promise_due_at": due_at, "keeps": kept}


@st.composite
def _measures(draw: st.DrawFn) -> dict[str, Any]:
    scale, score = draw(_scores) or (None, None)
    return {
        "wait_seconds": draw(_waits),
        "handle_seconds": draw(_waits),
        "answers": draw(_answers),
        "reasked": draw(_reasked),
        "satisfaction_scale": scale,
        "satisfaction_score": score,
        "care": draw(_care),
        "incident_id": draw(_incidents),
    }
