"""What each field of a touchpoint may be, and what is said of it otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from schemas.decode import Decoder, Refusal
from schemas.topics import BUILT_IN_CHANNELS
from schemas.touchpoint import Touchpoint
from tests.schemas.examples import CHANNELS, DETAILS, RECEIVED_AT, example, to_json, touchpoints

DECODER = Decoder(CHANNELS)
REFERRED: dict[str, Any] = {"intent": "transfer", "outcome": "referred", "referral": {"to_channel": "branch"}}
A_TIME = "2026-03-04T09:00:00Z"


def decoded(touchpoint: dict[str, Any]) -> Touchpoint | Refusal:
    return DECODER.decode(to_json(touchpoint), touchpoint["channel"], RECEIVED_AT)


def errors(touchpoint: dict[str, Any]) -> tuple[str, ...]:
    refusal = decoded(touchpoint)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "schema"
    return refusal.errors


class TestAccepted:
    @given(touchpoints())
    def test_every_touchpoint_that_keeps_the_rules(self, touchpoint: dict[str, Any]) -> None:
        assert isinstance(decoded(touchpoint), Touchpoint)

    @pytest.mark.parametrize("channel", CHANNELS)
    def test_the_least_of_each_channel(self, channel: str) -> None:
        assert isinstance(decoded(example(channel)), Touchpoint)

    @pytest.mark.parametrize(
        "changes",
        [
            {"event_id": "e" * 128, "session_id": "s" * 128, "case_id": "c" * 64},
            {"event_id": "事" * 128},
            {"touchpoint": "a"},
            {"touchpoint": "a." * 47 + "ab"},
            {"intent": "i" * 64},
            {"identities": {}, "session_id": "s-1"},
            {"wait_seconds": 0, "handle_seconds": 0.0},
            {"reasked": ["id_number"] * 32},
            {"answers": {f"a{index}": "x" * 256 for index in range(32)}},
            {"answers": {"fee": ""}},
            {"satisfaction": {"scale": "nps", "score": 0}},
            {"satisfaction": {"scale": "ces", "score": 7}},
            {"promise": {"promise_id": "p1", "due_at": A_TIME}, "keeps": "p1"},
            {"care": ["elderly", "disabled", "minor", "other"]},
            {"occurred_at": "2026-03-02t09:00:00.123456789z"},
            {"occurred_at": "1900-01-01T00:00:00Z"},
            REFERRED,
            {**REFERRED, "intent": None, "case_id": "L-1"},
            {**REFERRED, "referral": {"to_channel": "mail", "due_at": A_TIME, "reason": "needs a signature"}},
            {**REFERRED, "referral": {"to_channel": "mail", "due_at": None, "reason": None}},
            {"referral": None},
        ],
    )
    def test_values_at_the_edge(self, changes: dict[str, Any]) -> None:
        assert isinstance(decoded(example(**changes)), Touchpoint)


class TestRefused:
    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"surprise": 1}, "surprise: is unknown: remove it"),
            ({"event_id": ""}, "event_id: must have at least 1 character"),
            ({"event_id": "e" * 129}, "event_id: must have at most 128 characters"),
            ({"event_id": 7}, "event_id: must be a valid string"),
            ({"event_id": "a\x1fb"}, "event_id: must not contain control characters"),
            ({"event_id": "a\u0000"}, "event_id: must not contain control characters"),
            ({"case_id": "c" * 65}, "case_id: must have at most 64 characters"),
            ({"identities": {"passport": "P1"}}, "identities.passport: must be 'customer_no', 'account', 'card',"),
            ({"identities": {"card": ""}}, "identities.card: must have at least 1 character"),
            ({"identities": {"card": None}}, "identities.card: must be a valid string"),
            ({"identities": {"phone": "1\n"}}, "identities.phone: must not contain control characters"),
            ({"identities": {}}, "identities: must have at least one entry, or session_id must be given"),
            ({"identities": None}, "identities: must be a mapping"),
            ({"identities": {"customer_no": "anon:phone:1"}}, "identities.customer_no: must not begin with anon:, as"),
            ({"touchpoint": "Card.form"}, "touchpoint: must be slugs joined by dots"),
            ({"touchpoint": "card..form"}, "touchpoint: must be slugs joined by dots"),
            ({"touchpoint": "card\n"}, "touchpoint: must be slugs joined by dots"),
            ({"touchpoint": "a" * 97}, "touchpoint: must have at most 96 characters"),
            ({"stage": "applied"}, "stage: must be 'enter', 'identify', 'inquire', 'apply', 'wait', 'serve',"),
            ({"intent": "card.replacement"}, "intent: must be a slug"),
            ({"intent": "i" * 65}, "intent: must have at most 64 characters"),
            ({"outcome": None}, "outcome: must be 'progressed', 'succeeded'"),
            ({"wait_seconds": -1}, "wait_seconds: must be greater than or equal to 0"),
            ({"wait_seconds": True}, "wait_seconds: must be a valid number"),
            ({"wait_seconds": "300"}, "wait_seconds: must be a valid number"),
            ({"handle_seconds": 10**40}, "handle_seconds: must be less than or equal to 1000000000"),
            ({"reasked": ["id"] * 33}, "reasked: must have at most 32 items"),
            ({"reasked": ["Id"]}, "reasked.0: must be a slug"),
            ({"answers": {"fee": 10}}, "answers.fee: must be a valid string"),
            ({"answers": {"fee": "x" * 257}}, "answers.fee: must have at most 256 characters"),
            ({"answers": {"Fee": "10"}}, "answers.Fee: must be a slug"),
            ({"answers": {f"a{index}": "x" for index in range(33)}}, "answers: must have at most 32 items"),
            ({"satisfaction": {"scale": "csat", "score": 0}}, "satisfaction.score: must be 1 to 5 on the scale csat"),
            ({"satisfaction": {"scale": "nps", "score": 11}}, "satisfaction.score: must be 0 to 10 on the scale nps"),
            ({"satisfaction": {"scale": "ces", "score": 8}}, "satisfaction.score: must be 1 to 7 on the scale ces"),
            ({"satisfaction": {"scale": "csat", "score": 4.5}}, "satisfaction.score: must be a valid integer"),
            ({"satisfaction": {"scale": "stars", "score": 4}}, "satisfaction.scale: must be 'csat', 'nps' or 'ces'"),
            ({"promise": {"promise_id": "p1"}}, "promise.due_at: is missing"),
            ({"promise": {"due_at": A_TIME, "promise_id": "p", "to": 1}}, "promise.to: is unknown: remove it"),
            ({"care": ["young"]}, "care.0: must be 'elderly', 'disabled', 'minor' or 'other'"),
            ({"details": None}, "details: must be a mapping"),
        ],
    )
    def test_each_field_says_what_it_must_be(self, changes: dict[str, Any], error: str) -> None:
        assert errors(example(**changes))[0].startswith(error)

    def test_the_number_given_is_not_repeated(self) -> None:
        assert errors(example(reasked=["id"] * 33)) == ("reasked: must have at most 32 items",)

    @pytest.mark.parametrize(
        "field", ["schema_version", "event_id", "channel", "occurred_at", "touchpoint", "stage", "details"]
    )
    def test_what_must_be_there_is_missed(self, field: str) -> None:
        touchpoint = example()
        del touchpoint[field]
        refusal = DECODER.decode(to_json(touchpoint), "mobile_app", RECEIVED_AT)
        assert refusal == Refusal("schema", (f"{field}: is missing",))

    @pytest.mark.parametrize(
        "time",
        [
            "2026-03-02T09:00:00",
            "2026-03-02 09:00:00Z",
            "2026-03-02T09:00Z",
            "2026-03-02",
            "2026-03-02T24:00:00Z",
            "2026-03-02T09:00:60Z",
            "2026-03-02T09:00:00+0800",
            "2026-03-02T09:00:00+24:00",
            "2026-02-30T09:00:00Z",
            "2026-13-01T09:00:00Z",
            "0000-01-01T00:00:00Z",
            "1899-12-31T23:59:59Z",
            "2300-01-01T00:00:00Z",
            "２０２６-03-02T09:00:00Z",
            1_772_413_200_000,
            None,
        ],
    )
    def test_a_time_is_rfc_3339_with_an_offset_on_a_day_that_exists(self, time: object) -> None:
        assert errors(example(occurred_at=time))[0].startswith("occurred_at: must be")
        promised = example(promise={"promise_id": "p1", "due_at": time})
        assert errors(promised)[0].startswith("promise.due_at: must be")
        referred = example(**{**REFERRED, "referral": {"to_channel": "branch", "due_at": time or ""}})
        assert errors(referred)[0].startswith("referral.due_at: must be")


class TestReferral:
    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"referral": None}, "referral: must be given where outcome is referred"),
            ({"outcome": "progressed"}, "referral: must be left out unless outcome is referred"),
            ({"intent": None}, "intent: must be given, or case_id, with a referral"),
            ({"stage": "feedback"}, "stage: must not be feedback with a referral"),
            ({"referral": {"to_channel": "mobile_app"}}, "referral.to_channel: must be 'online_banking', 'wechat',"),
            ({"referral": {"to_channel": "fax"}}, "referral.to_channel: must be 'online_banking', 'wechat',"),
            ({"referral": {}}, "referral.to_channel: is missing"),
            ({"referral": {"to_channel": "branch", "why": ""}}, "referral.why: is unknown: remove it"),
        ],
    )
    def test_its_rules(self, changes: dict[str, Any], error: str) -> None:
        assert errors(example(**{**REFERRED, **changes}))[0].startswith(error)

    def test_the_default_outcome_allows_none(self) -> None:
        touchpoint = example(**REFERRED)
        del touchpoint["outcome"]
        assert errors(touchpoint) == ("referral: must be left out unless outcome is referred",)


class TestDetails:
    @pytest.mark.parametrize("channel", BUILT_IN_CHANNELS)
    def test_required_keys_are_required_and_unknown_ones_refused(self, channel: str) -> None:
        for key in DETAILS[channel]:
            less = {other: value for other, value in DETAILS[channel].items() if other != key}
            assert errors(example(channel, details=less)) == (f"details.{key}: is missing",)
        more = DETAILS[channel] | {"color": "red"}
        assert errors(example(channel, details=more)) == ("details.color: is unknown: remove it",)

    @pytest.mark.parametrize(
        ("channel", "more"),
        [
            ("mobile_app", {"screen": "home", "device_model": "P70"}),
            ("online_banking", {"browser": "Firefox", "region": "Shanghai"}),
            ("wechat", {"menu": "cards"}),
            ("atm", {"response_code": "00"}),
            ("hotline", {"ivr_path": ["1", "3"], "agent_id": "a-7", "disposition": "solved"}),
            ("branch", {"ticket_no": "A012", "counter_no": "3", "desk": "vip", "queue_length": 0}),
        ],
    )
    def test_the_other_keys_are_optional(self, channel: str, more: dict[str, Any]) -> None:
        assert isinstance(decoded(example(channel, details=DETAILS[channel] | more)), Touchpoint)
        nothing = dict.fromkeys(more)
        assert decoded(example(channel, details=DETAILS[channel] | nothing)) == decoded(example(channel))

    @pytest.mark.parametrize(
        ("channel", "more", "error"),
        [
            ("mobile_app", {"os": "symbian"}, "details.os: must be 'ios', 'android', 'harmonyos' or 'other'"),
            ("wechat", {"surface": "chat"}, "details.surface: must be 'official_account' or 'mini_program'"),
            ("atm", {"service": "loan"}, "details.service: must be 'withdraw', 'deposit', 'transfer', 'inquiry',"),
            ("hotline", {"ivr_path": "1,3"}, "details.ivr_path: must be a list"),
            ("branch", {"desk": "cellar"}, "details.desk: must be 'reception', 'counter', 'vip', 'self_service' or"),
            ("branch", {"queue_length": -1}, "details.queue_length: must be greater than or equal to 0"),
            ("branch", {"branch_id": "B\x00"}, "details.branch_id: must not contain control characters"),
            ("mail", {"size": 10**20}, "details: numbers must be finite, integers at most 64 bits wide"),
            ("mail", {"deep": [{"size": -(2**63) - 1}]}, "details: numbers must be finite, integers at most 64"),
        ],
    )
    def test_values_are_typed(self, channel: str, more: dict[str, Any], error: str) -> None:
        assert errors(example(channel, details=DETAILS[channel] | more))[0].startswith(error)

    def test_a_number_beyond_every_float_is_refused_in_free_form_details(self) -> None:
        payload = to_json(example("mail", details={"size": "@"})).replace(b'"@"', b"1e400")
        decoded = DECODER.decode(payload, "mail", RECEIVED_AT)
        assert isinstance(decoded, Refusal)
        assert decoded.reason == "schema"

    def test_an_added_channel_may_do_without(self) -> None:
        touchpoint = example("mail")
        del touchpoint["details"]
        without = decoded(touchpoint)
        assert isinstance(without, Touchpoint)
        assert without.details == "{}"
