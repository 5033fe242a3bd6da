"""The compiled core and Python take in every record alike, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from schemas.decode import Decoder
from schemas.topics import Topics
from streams.agents.ingest import Ingest, Ingested
from streams.agents.sent_links import link_of
from streams.batching import Batch, Record
from streams.compiled import compiled_intake
from streams.pseudonym import Pseudonyms
from tests.fuzz.mutations import mutated
from tests.fuzz.run import seeds
from tests.schemas.examples import CHANNELS, RECEIVED_AT, example, to_json, touchpoints
from tests.streams.agents.fake_record import FakeRecord

core = pytest.importorskip("streams._core", reason="no compiled core: make .venv/.dev builds it where cargo is")

TOPICS = Topics(channels=CHANNELS)
DECODER = Decoder(CHANNELS)
PARTITIONS = 4

Sent = dict[tuple[str, int], list[tuple[bytes | None, bytes | None]]]


class Both:
    """Ingest with the compiled core and ingest without, given the same."""

    def __init__(self, partitions: int = PARTITIONS, pseudonyms: Pseudonyms | None = None) -> None:
        self.core = compiled_intake(TOPICS, partitions)
        assert self.core is not None
        self.compiled = Ingest(TOPICS, DECODER, partitions, pseudonyms, core=self.core)
        self.python = Ingest(TOPICS, DECODER, partitions, pseudonyms)

    def take(self, channel: str, records: Sequence[Record], now: int = RECEIVED_AT) -> Sent:
        """What both send of a batch; they remember its links."""
        batch = Batch(TOPICS.touchpoints(channel), 3, records, len(records))
        taken = [each.take(batch, now) for each in (self.compiled, self.python)]
        for each, made in zip((self.compiled, self.python), taken, strict=True):
            each.sent_links.add(made.links)
        sent, expected = (self._sent(made) for made in taken)
        assert list(sent) == list(expected)
        assert sent == expected
        assert len(taken[0].links) == len(taken[1].links)
        return sent

    @staticmethod
    def _sent(made: Ingested) -> Sent:
        return {(one.topic, one.partition): list(*one.groups) for one in made.effects.outputs}

    def left(self, channel: str, *records: Record) -> list[str]:
        """Why the compiled core leaves which of the records."""
        assert self.core is not None
        batch = Batch(TOPICS.touchpoints(channel), 3, records, len(records))
        place, reasons = -1, list[str]()
        while True:
            place, reason = self.core.take(channel, batch, place + 1, RECEIVED_AT, {}, set(), (set(), set()))
            if reason is None:
                return reasons
            reasons.append(reason)


def record(offset: int, value: bytes | None, key: bytes | None = None) -> FakeRecord:
    return FakeRecord(offset, key, value)


def spelt(touchpoint: dict[str, Any], ascii_only: bool, indent: int | None) -> bytes:
    return json.dumps(touchpoint, ensure_ascii=ascii_only, indent=indent).encode()


spellings = st.tuples(st.booleans(), st.none() | st.just(1))


@given(st.lists(st.tuples(touchpoints(), spellings, st.none() | st.binary(max_size=4)), max_size=4), st.integers(1, 12))
def test_both_make_the_same_of_any_touchpoint(
    given: list[tuple[dict[str, Any], tuple[bool, int | None], bytes | None]], partitions: int
) -> None:
    both = Both(partitions)
    for offset, (touchpoint, spelling, key) in enumerate(given):
        both.take(touchpoint["channel"], [record(offset, spelt(touchpoint, *spelling), key)])


def test_both_make_the_same_of_mutated_records() -> None:
    both, rng = Both(), Random("compiled")
    accepted = seeds()
    payloads = [payload for payload, _ in accepted]
    for _ in range(600):
        _, channel = rng.choice(accepted)
        lent = [payload for payload, other in rng.choices(accepted, k=60) if other == channel]
        both.take(channel, [record(at, mutated(rng, payload, payloads)) for at, payload in enumerate(lent)])


def test_a_banks_records_are_ordinary() -> None:
    both = Both()
    taken = [(channel, record(at, payload)) for at, (payload, channel) in enumerate(seeds())]
    left = [reason for channel, one in taken for reason in both.left(channel, one)]
    refused = sum(bool(both.take(channel, [one]).keys() & {(TOPICS.dead, 3)}) for channel, one in taken)
    assert refused > 0
    assert len(left) == refused


@pytest.mark.parametrize(
    "changes",
    [
        {"occurred_at": text}
        for text in (
            "2024-02-29T23:59:59.9999999Z", "2026-02-28t00:00:00.1z", "1900-01-01T00:00:00+00:00",
            "2000-02-29T12:00:00-23:59", "1969-12-31T23:59:59.999Z", "1971-01-01T00:00:00.0015+05:45",
        )
    ]
    + [{"wait_seconds": value} for value in (0, 0.1, 12.25, 1e9, 86_400, 0.30000000000000004, 123456.78901234567)]
    + [{"answers": {"fee": "\u0000\u001f\u007f\"\\/\u2028é\U0001f600"}}]
    + [{"intent": "a" * 64}, {"event_id": "\U0001f600" * 128}]
    + [{"care": ["minor", "elderly", "minor"], "satisfaction": {"scale": "nps", "score": 0}, "referral": None}]
    + [{"identities": {}, "session_id": "s"}, {"session_id": "s"}, {"identities": {"device": "d", "card": "c"}}],
)  # fmt: skip
def test_what_is_at_the_limits_of_the_contract_is_ordinary(changes: dict[str, Any]) -> None:
    both = Both()
    for ascii_only in (True, False):
        one = record(2**40, spelt(example(**changes), ascii_only, None), b"key")
        assert both.left("mobile_app", one) == []
        assert both.take("mobile_app", [one]).keys() <= {
            (topic, partition) for topic in (TOPICS.customer, TOPICS.identity) for partition in range(PARTITIONS)
        }


@given(st.lists(st.floats(0.001, 1e9), min_size=1))
def test_numbers_mean_the_same_to_both(numbers: list[float]) -> None:
    both = Both()
    for number in numbers:
        one = record(0, to_json(example("mail", wait_seconds=number, details={"n": number, "m": -number})))
        both.take("mail", [one])
        assert len(repr(number)) > 19 or both.left("mail", one) == []


@pytest.mark.parametrize("text", ["-0", "-0.0", "9007199254740993.0", "99999999999999999.0", "01", "1.", "-1", "-7.50"])
def test_numbers_of_any_form_mean_the_same_to_both(text: str) -> None:
    both = Both()
    for field in ("details", "wait_seconds"):
        given = json.dumps(example("mail", **{field: {"n": "N"} if field == "details" else "N"}))
        both.take("mail", [record(0, given.replace('"N"', text).encode())])


FREE = {
    "z": [1, -7, {"b": None, "a": [True, False, []]}, {}],
    "a": 300.0,
    "é": 0.25,
    "\u0001": -12.5,
    "m": "\n\t\"\\\u0007",
}  # fmt: skip


def test_details_of_an_added_channel_are_ordinary() -> None:
    both = Both()
    one = record(0, to_json(example("mail", details=FREE)))
    assert both.left("mail", one) == []
    both.take("mail", [one, record(1, to_json({**example("mail"), "details": {}}))])


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (to_json(example())[:-1] + b',"stage":"serve"}', "a key given twice"),
        (to_json(example())[:-1], "JSON that is cut off"),
        (to_json(example()).replace(b"C1", b"\xff"), "not UTF-8"),
        (to_json(example("mail", details={"a": 1e300})), "other JSON than expected"),
        (to_json(example("mail", details={"a": 2**60})), "a number of an odd form"),
        (to_json(example("mail", incident=1)), "a key of none of the contract's"),
        (to_json(example("mail", occurred_at="2026-02-30T00:00:00Z")), "a value that the contract may not take"),
        (to_json(example(identities={"customer_no": "anon:phone:1"})), "a value that the contract may not take"),
    ],
)
def test_what_parsers_may_disagree_about_or_the_contract_refuses_is_left_with_a_reason(
    payload: bytes, why: str
) -> None:
    both = Both()
    channel = "mobile_app" if b'"mobile_app"' in payload else "mail"
    assert both.left(channel, record(0, payload)) == [why]
    both.take(channel, [record(0, payload)])


def test_records_keep_their_order_whoever_takes_them() -> None:
    values = [to_json(example(event_id=f"e{number}")) for number in range(6)]
    values[1] = values[1][:-1] + b',"stage":"serve"}'
    values[3] = b"junk"
    values[5] = values[5][:-1] + b',"stage":"serve"}'
    sent = Both().take("mobile_app", [record(offset, value) for offset, value in enumerate(values)])
    [arrivals] = [records for (topic, _), records in sent.items() if topic == TOPICS.customer]
    order = [next(at for at in range(6) if b"e%d" % at in (value or b"")) for _, value in arrivals]
    assert order == [0, 1, 2, 4, 5]


def test_a_link_is_sent_once_whoever_took_the_touchpoint_that_had_it() -> None:
    both = Both()
    ordinary = to_json(example(session_id="s"))
    odd = ordinary[:-1] + b',"stage":"serve"}'
    for first, second in ((ordinary, odd), (odd, ordinary)):
        both = Both()
        sent = both.take("mobile_app", [record(0, first), record(1, second)])
        assert sum(len(records) for (topic, _), records in sent.items() if topic == TOPICS.identity) == 1
        assert not any(topic == TOPICS.identity for topic, _ in both.take("mobile_app", [record(2, second)]))


def test_receipt_is_the_brokers_time_where_it_stamps_records() -> None:
    both = Both()
    early = RECEIVED_AT - 10**10
    late = to_json(example(occurred_at="2026-03-02T09:00:00Z"))
    sent = both.take("mobile_app", [FakeRecord(0, None, late, early, 1), FakeRecord(1, None, late, early, 0)])
    assert [topic for topic, _ in sent] == [TOPICS.dead, TOPICS.customer]


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        ([("traceparent", b"00-1"), ("Content-Type", b"application/json"), ("odd", None)], []),
        ([("content-type", b"application/cloudevents+json")], ["an envelope"]),
        ([("CE_id", b"1")], ["an envelope"]),
        ([("\u212aey", b"1")], ["an envelope"]),
    ],
)
def test_records_with_headers_that_are_no_events_are_ordinary(
    headers: list[tuple[str, bytes | None]], left: list[str]
) -> None:
    both, one = Both(), FakeRecord(0, None, to_json(example()), headers=headers)
    assert both.left("mobile_app", one) == left
    both.take("mobile_app", [one])


def test_with_pseudonyms_all_is_left_to_python() -> None:
    both = Both(pseudonyms=Pseudonyms(b"k" * 32))
    sent = both.take("mobile_app", [record(0, to_json(example(identities={"customer_no": "SECRET"})), b"SECRET")])
    assert all(b"SECRET" not in (key or b"") + (value or b"") for records in sent.values() for key, value in records)


def test_records_left_are_counted_by_the_reason() -> None:
    def counted() -> float:
        labels = {"stage": "ingest", "reason": "JSON that is cut off"}
        found = REGISTRY.get_sample_value("omnitrack_records_left_to_python_total", labels)
        return found or 0.0

    before = counted()
    Both().take("mobile_app", [record(0, b'{"a"'), record(1, to_json(example())), record(2, b"{")])
    assert counted() == before + 2


def test_the_links_of_another_kind_value_or_customer_are_others() -> None:
    core = compiled_intake(TOPICS, PARTITIONS)
    assert core is not None
    for of in (core.link, link_of):
        links = {
            of(*one) for one in (("card", "1", "C"), ("card", "11", "C"), ("phone", "1", "C"), ("card", "1", "1C"))
        }
        assert len(links) == 4
        assert of("card", "1", "C") in links


def test_records_are_taken_as_they_were_fetched() -> None:
    fetched = core.FetchedRecords()
    for offset in range(3):
        builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, 0, 1 << 20)
        builder.append(offset, RECEIVED_AT, None, to_json(example("mobile_app", event_id=f"e{offset}")), [])
        data = bytes(builder.build())
        assert fetched.read(data, 0, len(data), 0)
    both = Both()
    sent = both.take("mobile_app", fetched)
    assert sent
    assert sent == Both().take("mobile_app", list(fetched))
