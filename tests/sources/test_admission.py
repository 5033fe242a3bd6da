"""Which touchpoints may be published, and as which records."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.cloudevents import EventForm, open_event
from schemas.decode import check
from schemas.refusal import Refusal
from schemas.topics import Topics
from sources.admission import Accepted, Admission
from tests.sources.touchpoints import touchpoint

NOW = int(time.time() * 1000)
TOPICS = Topics("test.")
ADMISSION = Admission(TOPICS)


def judge(one: Any) -> Accepted | Refusal:
    return ADMISSION.judge(one, NOW)


def key_of(**changes: Any) -> bytes:
    judged = judge(touchpoint(**changes))
    assert isinstance(judged, Accepted)
    return judged.key


def errors_of(one: Any) -> tuple[str, str]:
    judged = judge(one)
    assert isinstance(judged, Refusal)
    return judged.reason, judged.errors[0]


def test_a_valid_touchpoint_goes_to_the_topic_of_its_channel() -> None:
    judged = judge(touchpoint())
    assert isinstance(judged, Accepted)
    assert judged.topic == "test.touchpoints.mobile_app"
    assert json.loads(judged.payload) == touchpoint()


def test_json_is_kept_byte_for_byte() -> None:
    payload = json.dumps(touchpoint(), indent=3).encode()
    judged = judge(payload)
    assert isinstance(judged, Accepted)
    assert judged.payload == payload


@pytest.mark.parametrize("form", EventForm)
def test_a_touchpoint_may_be_sent_as_an_event_under_the_same_key(form: EventForm) -> None:
    payload = json.dumps(touchpoint(), indent=3).encode()
    plain, judged = judge(payload), Admission(TOPICS, form).judge(payload, NOW)
    assert isinstance(plain, Accepted)
    assert isinstance(judged, Accepted)
    assert (judged.topic, judged.key) == (plain.topic, plain.key)
    assert plain.headers == ()
    assert judged.headers
    assert open_event(judged.headers, judged.payload) == payload


def test_the_key_is_the_strongest_identity() -> None:
    weak = {"device": "d", "phone": "p", "wechat_openid": "w"}
    assert key_of(identities=weak | {"customer_no": "C", "card": "4"}) == b"customer_no:C"
    assert key_of(identities=weak | {"account": "a", "card": "4"}) == b"card:4"
    assert key_of(identities=weak) == b"phone:p"
    assert key_of(identities={"device": "d"}) == b"device:d"
    assert key_of(identities={}) == b"session:mobile_app:s1"


def test_what_breaks_the_contract_is_refused_with_its_field() -> None:
    assert errors_of(touchpoint(stage="dream"))[0] == "schema"
    assert errors_of(touchpoint(stage="dream"))[1].startswith("stage: ")
    assert errors_of(touchpoint(channel="fax"))[1].startswith("channel: ")
    assert errors_of(touchpoint(occurred_at="2126-01-01T00:00:00Z"))[0] == "clock_ahead"
    assert errors_of(touchpoint(answers={"note": "x" * 70_000}))[0] == "too_large"
    assert errors_of(touchpoint(details={"limit": float("nan")}))[0] == "not_json"
    assert errors_of(b"{")[0] == "not_json"
    assert errors_of(b'{"channel": 5}')[0] == "schema"
    assert errors_of(b"[" * 100_000)[0] in ("not_json", "too_large")


def test_a_channel_of_the_catalogue_may_be_published() -> None:
    letter = touchpoint(channel="mail", details={})
    assert errors_of(letter)[1].startswith("channel: ")
    judged = Admission(Topics("test.", (*TOPICS.channels, "mail"))).judge(letter, NOW)
    assert isinstance(judged, Accepted)
    assert judged.topic == "test.touchpoints.mail"


changed = st.dictionaries(
    st.sampled_from(["channel", "stage", "event_id", "schema_version", "identities", "extra"]),
    st.one_of(st.none(), st.integers(), st.text(max_size=5), st.just("atm"), st.just({}), st.just([])),
    max_size=2,
)


@given(st.one_of(st.binary(max_size=60), changed.map(lambda changes: json.dumps(touchpoint(**changes)).encode())))
def test_what_is_accepted_is_what_ingest_accepts(payload: bytes) -> None:
    assert isinstance(judge(payload), Refusal) == isinstance(check(payload, TOPICS.channels, NOW), Refusal)
