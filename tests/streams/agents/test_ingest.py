"""Records of the channels become arrivals of customers or dead letters; none is dropped, none blocks another."""

from __future__ import annotations

import asyncio
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2

from schemas.cloudevents import Headers
from schemas.identity import Held, Link, profile_key
from schemas.touchpoint import Origin
from streams.agents.ingest import IngestAgent
from streams.batching import Batch
from streams.placing import place
from streams.pseudonym import Pseudonyms
from tests.streams.agents.fake_record import NOW, FakeRecord
from tests.streams.agents.ingest_bench import (
    APPEND_TIME,
    TOPICS,
    Delivered,
    Publishing,
    arrivals,
    identity_records,
    ingest,
    letters,
    payload,
    run,
)


def test_a_valid_record_arrives_at_its_customer_with_its_bytes_and_origin() -> None:
    sent = run(FakeRecord(7, b"any", payload()))
    [(_, key, _)] = sent[TOPICS.customer]
    [one] = arrivals(sent)
    assert key == b"C-1"
    assert one.origin == Origin("t.touchpoints.mobile_app", 2, 7)
    assert (one.key, one.payload, one.received_at) == (b"any", payload(), NOW)
    assert letters(sent) == []


def test_a_refused_record_becomes_a_dead_letter_byte_for_byte_under_its_own_key() -> None:
    junk = b"\xff\x00 not json"
    sent = run(FakeRecord(7, b"\x01key", junk))
    [letter] = letters(sent)
    assert letter.reason == "not_json"
    assert letter.dead_letter_id == "t.touchpoints.mobile_app:2:7"
    assert (b64decode(letter.payload), b64decode(letter.key or "")) == (junk, b"\x01key")
    assert [(partition, key) for partition, key, _ in sent[TOPICS.dead]] == [(2, b"\x01key")]


def test_a_refused_record_without_key_or_value_is_kept_too() -> None:
    [letter] = letters(run(FakeRecord(0, None, None)))
    assert (letter.key, letter.payload, letter.reason) == (None, "", "not_json")


def test_receipt_is_the_brokers_time_where_it_stamps_records() -> None:
    stamped = FakeRecord(0, None, payload(), timestamp=NOW - 400_000, timestamp_type=APPEND_TIME)
    [letter] = letters(run(stamped, now=NOW + 10_000_000))
    assert (letter.reason, letter.received_at) == ("clock_ahead", NOW - 400_000)


def test_receipt_is_now_where_the_producer_made_up_the_time() -> None:
    [one] = arrivals(run(FakeRecord(0, None, payload(), timestamp=5), now=NOW + 1))
    assert one.received_at == NOW + 1


IDENTITIES = {"card": "c", "account": "a", "phone": "p", "wechat_openid": "w", "device": "d"}


@given(st.lists(st.sampled_from(sorted(IDENTITIES)), unique=True))
def test_without_customer_no_a_touchpoint_goes_to_the_profile_of_its_identities(kinds: list[str]) -> None:
    identities = {kind: IDENTITIES[kind] for kind in kinds}
    sent = run(FakeRecord(0, None, payload(identities=identities, session_id="s")))
    [(key, held)] = identity_records(sent)
    assert isinstance(held, Held)
    strongest_first = [(kind, IDENTITIES[kind]) for kind in IDENTITIES if kind in kinds]
    assert held.identities == (*strongest_first, ("session", "mobile_app:s"))
    assert key == profile_key(held.identities)
    assert arrivals(sent) == []


def test_a_customer_is_linked_to_each_other_identity_of_the_touchpoint_and_its_session() -> None:
    links = identity_records(run(FakeRecord(0, None, payload(session_id="s"))))
    assert links == [("phone:138", Link("C-1", NOW)), ("session:mobile_app:s", Link("C-1", NOW))]


def test_a_link_is_sent_once_but_again_as_long_as_it_may_not_have_arrived() -> None:
    publisher = Publishing(failing=True)
    agent = IngestAgent(ingest(), publisher, lambda: NOW)

    def deliver(offset: int) -> list[str]:
        publisher.sent.clear()
        record = FakeRecord(offset, None, payload(event_id=f"e{offset}"))
        asyncio.run(agent(Batch(TOPICS.touchpoints("mobile_app"), 0, [record], offset + 1), Delivered()))
        return list(publisher.sent)

    with pytest.raises(ConnectionError):
        deliver(0)
    publisher.failing = False
    assert deliver(0) == [TOPICS.customer, TOPICS.identity]
    assert deliver(1) == [TOPICS.customer]


@given(st.text(min_size=1, max_size=40), st.integers(1, 64))
def test_a_customer_is_placed_as_kafkas_default_partitioner_would(customer_id: str, partitions: int) -> None:
    key, partition = place(customer_id, partitions)
    assert key == customer_id.encode()
    assert partition == (murmur2(key) & 0x7FFFFFFF) % partitions


def test_no_identity_leaves_in_clear_where_a_key_is_configured() -> None:
    pseudonyms = Pseudonyms(b"k" * 32)
    clear = {"customer_no": "SECRET-NO", "phone": "SECRET-PHONE", "device": "SECRET-DEVICE"}
    good = FakeRecord(0, b"SECRET-NO", payload(identities=clear, session_id="SECRET-SESSION"))
    bad = FakeRecord(1, b"SECRET-KEY", payload(identities=clear, session_id="SECRET-SESSION", stage="nowhere"))
    nameless = {"phone": "SECRET-PHONE"}
    held = FakeRecord(2, None, payload(identities=nameless, session_id="SECRET-SESSION"))
    sent = run(good, bad, held, pseudonyms=pseudonyms)
    assert all(b"SECRET" not in (key or b"") + value for _, key, value in sent[TOPICS.identity])
    [(_, key, value)] = sent[TOPICS.customer]
    [one] = arrivals(sent)
    [letter] = letters(sent)
    for data in (key or b"", value, *(b64decode(part) for part in (letter.key or "", letter.payload))):
        assert b"SECRET" not in data
    assert key == pseudonyms.of("customer_no", "SECRET-NO").encode() == one.key
    assert one.touchpoint.identities == {kind: pseudonyms.of(kind, value) for kind, value in clear.items()}
    assert [pseudonyms.unseal(sealed) for sealed in (one.payload, b64decode(letter.payload))] == [good.value, bad.value]


def test_what_is_no_json_does_not_leave_in_clear_either() -> None:
    pseudonyms = Pseudonyms(b"k" * 32)
    broken = [b'{"identities": {"phone": "SECRET"', b"SECRET", payload(identities={"SECRET 13800138000": "x"})]
    sent = run(*(FakeRecord(number, b"SECRET", value) for number, value in enumerate(broken)), pseudonyms=pseudonyms)
    assert len(letters(sent)) == len(broken)
    for letter in letters(sent):
        assert "SECRET" not in " ".join(letter.errors)
        assert b"SECRET" not in b64decode(letter.key or "") + b64decode(letter.payload)


values = st.one_of(st.none(), st.binary(max_size=60), st.just(payload()), st.just(payload(stage="x")))
names = st.sampled_from(["content-type", "ce_specversion", "ce_id", "ce_source", "ce_type", "traceparent"])
header_values = st.none() | st.binary(max_size=20) | st.sampled_from([b"1.0", b"application/cloudevents+json"])


@given(st.lists(st.tuples(values, st.lists(st.tuples(names, header_values), max_size=6))))
def test_every_record_has_exactly_one_fate(records: list[tuple[bytes | None, Headers]]) -> None:
    sent = run(*(FakeRecord(offset, None, value, headers=headers) for offset, (value, headers) in enumerate(records)))
    fates = [one.origin.offset for one in arrivals(sent)] + [one.offset for one in letters(sent)]
    assert sorted(fates) == list(range(len(records)))


def test_a_replay_leads_to_the_same_bytes() -> None:
    records = [FakeRecord(number, None, payload(event_id=f"e{number}")) for number in range(20)]
    assert run(*records) == run(*records)
