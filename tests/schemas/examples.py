"""Touchpoints that hold, to be broken one rule at a time, and Hypothesis strategies of all that hold."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from schemas.topics import BUILT_IN_CHANNELS

CHANNELS = (*BUILT_IN_CHANNELS, "mail")
RECEIVED_AT = 1_775_000_000_000
"""Some day of March 2026, later than every example."""

Json = dict[str, Any]

DETAILS: dict[str, Json] = {
    "mobile_app": {"app_version": "8.1.0", "os": "harmonyos"},
    "online_banking": {"path": "/cards/replace"},
    "wechat": {"surface": "mini_program"},
    "atm": {"terminal_id": "T-9", "service": "withdraw"},
    "hotline": {"call_id": "call-7"},
    "branch": {"branch_id": "B-3"},
    "mail": {"anything": [1, {"goes": None}]},
}


def example(channel: str = "mobile_app", **changes: Any) -> Json:
    """A touchpoint of `channel` with the fields that every one needs, and `changes`."""
    return {
        "schema_version": 1,
        "event_id": "e-1",
        "channel": channel,
        "occurred_at": "2026-03-02T09:00:00+08:00",
        "identities": {"customer_no": "C1"},
        "touchpoint": "card.replacement.form",
        "stage": "apply",
        "details": DETAILS[channel],
        **changes,
    }


def to_json(touchpoint: object) -> bytes:
    return json.dumps(touchpoint, ensure_ascii=False).encode()


ids = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=128)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40)
slugs = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
offsets = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
FIRST_DAY, LAST_DAY = datetime.fromisoformat("1971-01-01"), datetime.fromisoformat("2026-03-01")
times = st.datetimes(FIRST_DAY, LAST_DAY, timezones=offsets).map(datetime.isoformat)
seconds = st.integers(0, 10**6) | st.floats(0, 1e6)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
kinds = st.sampled_from(["customer_no", "account", "card", "phone", "wechat_openid", "device"])
satisfactions = (
    st.builds(lambda score: {"scale": "csat", "score": score}, st.integers(1, 5))
    | st.builds(lambda score: {"scale": "nps", "score": score}, st.integers(0, 10))
    | st.builds(lambda score: {"scale": "ces", "score": score}, st.integers(1, 7))
)


def names_somebody(identities: dict[str, str]) -> bool:
    return not identities.get("customer_no", "").startswith("anon:")


@st.composite
def touchpoints(draw: st.DrawFn) -> Json:
    """Any touchpoint that the contract takes, with any of its optional fields null, absent or given."""
    channel = draw(st.sampled_from(CHANNELS))
    optional = {
        "session_id": st.none() | ids,
        "case_id": st.none() | ids.map(lambda text: text[:64]),
        "outcome": st.sampled_from(["progressed", "succeeded", "failed", "abandoned", "cancelled"]),
        "wait_seconds": st.none() | seconds,
        "handle_seconds": st.none() | seconds,
        "reasked": st.lists(slugs, max_size=4),
        "answers": st.dictionaries(slugs, st.text(st.characters(codec="utf-8"), max_size=20), max_size=4),
        "satisfaction": st.none() | satisfactions,
        "promise": st.none() | st.fixed_dictionaries({"promise_id": ids, "due_at": times}),
        "keeps": st.none() | ids,
        "care": st.lists(st.sampled_from(["elderly", "disabled", "minor", "other"]), max_size=4),
        "incident_id": st.none() | ids,
        "intent": st.none() | slugs,
        "referral": st.none(),
    }
    touchpoint = draw(
        st.fixed_dictionaries(
            {
                "event_id": ids,
                "occurred_at": times,
                "identities": st.dictionaries(kinds, ids, min_size=1).filter(names_somebody),
                "stage": st.sampled_from(["enter", "identify", "inquire", "wait", "serve", "decide", "leave"]),
            },
            optional=optional,
        )
    )
    if channel == "mail":
        touchpoint["details"] = draw(st.dictionaries(texts, json_values, max_size=3))
    if draw(st.booleans()):
        to_channel = draw(st.sampled_from([other for other in CHANNELS if other != channel]))
        referral = draw(st.fixed_dictionaries({}, optional={"due_at": st.none() | times, "reason": st.none() | texts}))
        touchpoint |= {"intent": "transfer", "outcome": "referred", "referral": {**referral, "to_channel": to_channel}}
    return example(channel, **touchpoint)


def utc_milliseconds(text: str) -> int:
    """By whole numbers, another way than the contract's own."""
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
