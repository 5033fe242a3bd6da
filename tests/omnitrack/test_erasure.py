"""Whose a dead letter is, and until when topics hold what cannot be rewritten."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from msgspec.structs import replace

from omnitrack.erasure.expiry import expiries, in_memory
from omnitrack.erasure.marks import marks_of
from omnitrack.erasure.receipt import Receipt, as_json
from omnitrack.erasure.rows import erased_letters
from omnitrack.erasure.subject import Subject, own_identities, subject_of
from schemas.topics import Topics, TopicSpec
from sinks.clickhouse.client import connected
from sinks.clickhouse.settings import ClickHouseSettings
from streams.journey.erasure import erased_key
from streams.pseudonym import Pseudonyms

PSEUDONYMS = Pseudonyms(b"a key that only tests have")
HOUR = 3_600_000
CLEAR = Subject("C-1042", "C-1042", frozenset({("phone", "13800138000"), ("session", "wechat:s-1")}))
HASHED = Subject(
    PSEUDONYMS.of("customer_no", "C-1042"),
    "C-1042",
    frozenset({("phone", PSEUDONYMS.of("phone", "13800138000")), ("session", PSEUDONYMS.session("wechat", "s-1"))}),
)


@pytest.mark.parametrize(
    ("record", "is_theirs"),
    [
        ({"identities": {"customer_no": "C-1042"}}, True),
        ({"identities": {"customer_no": "C-10421"}}, False),
        ({"identities": {"customer_no": "C-7", "phone": "13800138000"}}, False),
        ({"identities": {"phone": "13800138000"}, "stage": "nowhere"}, True),
        ({"identities": {"device": "13800138000"}}, False),
        ({"channel": "wechat", "session_id": "s-1"}, True),
        ({"identities": "nobody"}, False),
    ],
)
def test_a_letter_is_theirs_by_the_number_or_without_one_by_an_identity_of_theirs_alone(
    record: dict[str, object], is_theirs: bool
) -> None:
    payload = json.dumps({"channel": "wechat"} | record).encode()
    assert CLEAR.bore(None, payload, "wechat", None) == is_theirs
    assert HASHED.bore(None, payload, "wechat", PSEUDONYMS) == is_theirs


def test_what_is_no_json_is_theirs_if_it_holds_the_number() -> None:
    assert HASHED.bore(None, b'{"identities": {"customer_no": "C-1042"', "wechat", PSEUDONYMS)
    assert not HASHED.bore(None, b'{"identities": {"customer_no": "C-7"', "wechat", PSEUDONYMS)


@pytest.mark.parametrize(
    ("key", "is_theirs"),
    [
        (b"C-1042", True),
        (b"C-104", False),
        (b"phone:13800138000", True),
        (b"anon:phone:13800138000", True),
        (b"session:wechat:s-1", True),
        (b"13800138000", True),
        (b"s-1", False),
        (b"13800", False),
        (b"device:13800138000", False),
        (None, False),
    ],
)
def test_a_letter_is_theirs_by_its_key_unless_it_names_another_number(key: bytes | None, is_theirs: bool) -> None:
    for payload in (b"", b"{}", b"\x81 of an agent"):
        assert CLEAR.bore(key, payload, "wechat", None) == is_theirs
    assert not CLEAR.bore(key, b'{"identities": {"customer_no": "C-7"}}', "wechat", None)


def test_a_letter_is_theirs_by_its_key_though_that_is_a_pseudonym() -> None:
    named = PSEUDONYMS.record_key(b"C-1042", {"customer_no": "C-1042"})
    unnamed = PSEUDONYMS.record_key(b"C-1042", {})
    assert named != unnamed
    assert all(HASHED.bore(key, b"{}", "wechat", PSEUDONYMS) for key in (named, unnamed))
    assert HASHED.bore(b"phone:" + PSEUDONYMS.of("phone", "13800138000").encode(), b"\x81", "identity", PSEUDONYMS)


def test_a_letter_is_theirs_by_a_session_as_its_key_on_the_channel_of_that() -> None:
    subject = Subject("C-1042", "C-1042", frozenset({("session", "wechat:call-9")}))
    assert subject.bore(b"call-9", b"", "wechat", None)
    assert not subject.bore(b"call-9", b"", "hotline", None)


def test_a_letter_without_a_value_is_found_by_its_key(clickhouse: ClickHouseSettings) -> None:
    insert = (
        "INSERT INTO dead_letters"
        " (dead_letter_id, topic, partition, offset, key, received_at, reason, payload, version) VALUES"
    )
    rows = [
        (f"touchpoints.wechat:0:{offset}", "touchpoints.wechat", 0, offset, key, 0, "not_json", "", 1)
        for offset, key in enumerate([b64encode(b"C-1042").decode(), b64encode(b"C-7").decode(), None])
    ]
    with connected(clickhouse) as client:
        client.execute(insert, rows)
        found = [letter.offset for letter in erased_letters(client, CLEAR, Topics(""), None)]
    assert found == [0]


def test_a_letter_between_agents_is_theirs_if_it_holds_the_id() -> None:
    assert HASHED.bore(b"device:d", b"\x93\xa1l" + HASHED.customer_id.encode(), "identity", PSEUDONYMS)


def test_the_streams_have_forgotten_once_each_state_that_may_know_of_the_customer_has_a_mark() -> None:
    topics = Topics("t.")
    marks = marks_of(CLEAR, topics, partitions=3)
    assert {place.number for place, _ in marks if place.topic == topics.identity_state} == {0, 1, 2}
    assert {key for place, key in marks if place.topic == topics.state} == set(map(erased_key, CLEAR.customer_ids))


def test_a_subject_shows_nobody() -> None:
    assert "1042" not in repr(subject_of("C-1042", None))
    assert len(subject_of("C-1042", None).digest) == 64


def test_an_identity_is_the_customers_alone_though_the_anonymous_customer_that_they_were_bears_it() -> None:
    phone, device, card, session = ("phone", "p"), ("device", "d"), ("card", "k"), ("session", "wechat:s")
    bearers = {
        phone: ["C-1", "anon:phone:p"],
        device: ["C-1", "anon:phone:p", "anon:device:d"],
        session: ["C-1", "anon:phone:q"],
        card: ["C-1", "C-2", "anon:card:k"],
    }
    assert own_identities("C-1", bearers) == {phone, device}
    assert own_identities("C-1", {device: bearers[device], card: bearers[card]}) == set()


def test_anonymous_customers_of_own_identities_are_the_customer() -> None:
    assert CLEAR.customer_ids == ("C-1042", "anon:phone:13800138000", "anon:session:wechat:s-1")


@pytest.mark.parametrize(
    ("cleanup", "config", "until"),
    [
        ("delete", {"retention.ms": str(24 * HOUR), "segment.ms": str(HOUR)}, 25 * HOUR),
        ("delete", {"retention.ms": str(24 * HOUR)}, 31 * HOUR),
        ("delete", {"retention.ms": "-1"}, None),
        ("delete", {}, None),
        ("compact", {"max.compaction.lag.ms": str(24 * HOUR), "delete.retention.ms": str(HOUR)}, 25 * HOUR),
        ("compact", {"max.compaction.lag.ms": str(2**63 - 1), "delete.retention.ms": str(HOUR)}, None),
    ],
)
def test_a_topic_holds_a_record_until_its_segment_is_full_and_its_retention_over(
    cleanup: str, config: dict[str, str], until: int | None
) -> None:
    (found,) = expiries([TopicSpec("t", cleanup)], {"t": config}, 7 * HOUR, 0)
    assert found.until == until
    assert found.why


def test_the_embedded_broker_holds_it_until_it_stops() -> None:
    (found,) = in_memory([TopicSpec("t")])
    assert (found.until, found.why) == (None, "in memory: gone when omnitrack up stops")


def test_a_receipt_tells_when_the_last_topic_is_done_or_that_nobody_knows() -> None:
    known, unknown = (
        expiries([TopicSpec("a"), TopicSpec("b")], {"a": {"retention.ms": "1"}, "b": config}, 0, 0)
        for config in ({"retention.ms": "2"}, {})
    )
    receipt = Receipt("d" * 64, 0, 1, "Li Na", {"touchpoints": 3}, 3, {"touchpoints": 0}, known)
    assert (receipt.expires_at, receipt.is_done) == (2, True)
    assert json.loads(as_json(receipt))["expires_at"] == "1970-01-01T00:00:00.002+00:00"
    assert Receipt("d" * 64, 0, 1, "Li Na", {}, 3, {"touchpoints": 1}, unknown).expires_at is None


def test_a_receipt_tells_whether_anything_of_the_customer_was_found() -> None:
    nothing = Receipt("d" * 64, 0, 1, "Li Na", {"touchpoints": 0}, 0, {"touchpoints": 0}, ())
    assert not nothing.found_anything
    assert replace(nothing, records=1).found_anything
    assert replace(nothing, removed={"touchpoints": 3}).found_anything
    assert replace(nothing, left={"touchpoints": 3}).found_anything
