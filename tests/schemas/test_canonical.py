"""Equal content gives equal touchpoints, and nothing of the content is lost."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.canonical import milliseconds
from schemas.decode import Decoder
from schemas.touchpoint import Touchpoint
from tests.schemas.examples import CHANNELS, RECEIVED_AT, example, times, to_json, touchpoints, utc_milliseconds

DECODER = Decoder(CHANNELS)


def decode(touchpoint: dict[str, Any]) -> Touchpoint:
    return decode_bytes(to_json(touchpoint), touchpoint["channel"])


def decode_bytes(payload: bytes, channel: str = "mobile_app") -> Touchpoint:
    decoded = DECODER.decode(payload, channel, RECEIVED_AT)
    assert isinstance(decoded, Touchpoint)
    return decoded


class TestNothingIsLost:
    @given(touchpoints())
    def test_every_field_is_in_its_place(self, touchpoint: dict[str, Any]) -> None:
        decoded = decode(touchpoint)
        for field in ("channel", "event_id", "touchpoint", "stage", "identities"):
            assert getattr(decoded, field) == touchpoint[field]
        for field in ("session_id", "intent", "case_id", "wait_seconds", "handle_seconds", "keeps", "incident_id"):
            assert getattr(decoded, field) == touchpoint.get(field)
        assert decoded.outcome == touchpoint.get("outcome", "progressed")
        assert decoded.reasked == tuple(touchpoint.get("reasked", ()))
        assert decoded.answers == touchpoint.get("answers", {})
        assert decoded.care == tuple(sorted(set(touchpoint.get("care", ()))))
        assert decoded.occurred_at == utc_milliseconds(touchpoint["occurred_at"])

    @given(touchpoints())
    def test_so_is_every_part_of_a_field(self, touchpoint: dict[str, Any]) -> None:
        decoded = decode(touchpoint)
        referral = touchpoint.get("referral") or {}
        satisfaction = touchpoint.get("satisfaction") or {}
        promise = touchpoint.get("promise") or {}
        assert (decoded.referral_to, decoded.referral_reason) == (referral.get("to_channel"), referral.get("reason"))
        assert decoded.satisfaction_scale == satisfaction.get("scale")
        assert decoded.satisfaction_score == satisfaction.get("score")
        assert decoded.promise_id == promise.get("promise_id")
        for time, text in (
            (decoded.referral_due_at, referral.get("due_at")),
            (decoded.promise_due_at, promise.get("due_at")),
        ):
            assert time == (None if text is None else utc_milliseconds(text))

    @given(touchpoints())
    def test_details_are_json_with_sorted_keys_and_no_blanks(self, touchpoint: dict[str, Any]) -> None:
        details = decode(touchpoint).details
        assert json.loads(details) == touchpoint["details"]
        assert list(json.loads(details)) == sorted(touchpoint["details"])
        assert msgspec.json.encode(msgspec.json.decode(details), order="sorted").decode() == details

    @given(touchpoints())
    def test_it_travels_as_messagepack(self, touchpoint: dict[str, Any]) -> None:
        decoded = decode(touchpoint)
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(decoded), type=Touchpoint) == decoded


class TestEqualContent:
    @given(touchpoints(), st.randoms(use_true_random=False))
    def test_the_order_of_keys_means_nothing(self, touchpoint: dict[str, Any], random: Any) -> None:
        assert decode(_shuffled(touchpoint, random)) == decode(touchpoint)

    @given(touchpoints())
    def test_blanks_and_escapes_mean_nothing(self, touchpoint: dict[str, Any]) -> None:
        payload = json.dumps(touchpoint, indent=1, ensure_ascii=True).encode()
        assert decode_bytes(payload, touchpoint["channel"]) == decode(touchpoint)

    @given(touchpoints())
    def test_null_absent_and_default_are_the_same(self, touchpoint: dict[str, Any]) -> None:
        given_fields = {key: value for key, value in touchpoint.items() if value not in (None, [], "progressed")}
        assert decode(given_fields) == decode(touchpoint)

    @given(touchpoints(), times)
    def test_an_instant_is_the_same_with_every_offset(self, touchpoint: dict[str, Any], time: str) -> None:
        elsewhere = datetime.fromisoformat(time).astimezone(timezone(timedelta(hours=8))).isoformat()
        assert decode(touchpoint | {"occurred_at": time}) == decode(touchpoint | {"occurred_at": elsewhere})

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ({"occurred_at": "2026-03-02T12:00:00+08:00"}, {"occurred_at": "2026-03-02T04:00:00.000Z"}),
            ({"occurred_at": "2026-03-02T04:00:00.1239Z"}, {"occurred_at": "2026-03-02t04:00:00.123z"}),
            ({"occurred_at": "2026-03-02T04:00:00-00:00"}, {"occurred_at": "2026-03-02T04:00:00+00:00"}),
            ({"wait_seconds": 300}, {"wait_seconds": 300.0}),
            ({"wait_seconds": 0}, {"wait_seconds": -0.0}),
            ({"care": ["minor", "elderly", "minor"]}, {"care": ["elderly", "minor"]}),
            (
                {"channel": "mail", "details": {"a": 1, "b": [2.0]}},
                {"channel": "mail", "details": {"b": [2], "a": 1.0}},
            ),
        ],
    )
    def test_two_ways_to_say_the_same(self, one: dict[str, Any], other: dict[str, Any]) -> None:
        assert decode(example() | one) == decode(example() | other)

    @pytest.mark.parametrize(
        "changes",
        [
            {"occurred_at": "2026-03-02T09:00:00.001+08:00"},
            {"wait_seconds": 300.5},
            {"answers": {"fee": "10 CNY"}},
            {"reasked": ["address", "id_number"]},
            {"reasked": ["id_number", "address"]},
            {"details": {"app_version": "8.1.1", "os": "harmonyos"}},
        ],
    )
    def test_other_content_is_not_equal(self, changes: dict[str, Any]) -> None:
        base = example(reasked=["address"])
        assert decode(base | changes) != decode(base)

    def test_of_a_repeated_key_the_last_counts(self) -> None:
        payload = to_json(example())
        twice = payload.replace(b'{"schema_version"', b'{"event_id": "e-0", "stage": "wait", "schema_version"')
        assert decode_bytes(twice) == decode_bytes(payload)


class TestTimes:
    @given(st.datetimes(datetime.fromisoformat("1900-01-02"), datetime.fromisoformat("2299-12-30")))
    def test_they_are_truncated_to_the_millisecond_before_1970_too(self, time: datetime) -> None:
        text = f"{time.isoformat(timespec='microseconds')}Z"
        assert milliseconds(text) == utc_milliseconds(text)


def _shuffled(value: Any, random: Any) -> Any:
    if not isinstance(value, dict):
        return value
    keys = list(value)
    random.shuffle(keys)
    return {key: _shuffled(value[key], random) for key in keys}
