"""Which dead letters can be replayed, as what, and what an operator gets to see of them."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from msgspec.structs import replace

from omnitrack.dead.desk import show_payload
from omnitrack.dead.repair import Repair
from omnitrack.dead.replay import HIDDEN, FieldChange, Judge
from schemas.decode import decoder_for
from schemas.rows import DeadLetter, DeadReason
from schemas.topics import Topics
from streams.pseudonym import Pseudonyms
from tests.sinks.rows import NOON
from tests.streams.worker import touchpoint

TOPICS = Topics()
PSEUDONYMS = Pseudonyms(b"a key that only tests have")
AT = "2026-11-24T11:00:00Z"


def letter(value: bytes, reason: DeadReason = "schema", channel: str = "wechat", **changes: Any) -> DeadLetter:
    topic = TOPICS.touchpoints(channel)
    payload = b64encode(value).decode()
    made = DeadLetter(f"{topic}:0:1", topic, 0, 1, None, NOON, reason, ("stage: missing",), payload)
    return replace(made, **changes)


def judge(*repairs: Repair, pseudonyms: Pseudonyms | None = None, replayed: frozenset[str] = frozenset()) -> Judge:
    return Judge(TOPICS, repairs, pseudonyms, NOON, decoder_for(TOPICS.channels), replayed)


def test_what_a_repair_makes_valid_is_replayed_and_shown_field_by_field() -> None:
    broken = touchpoint("e1", "C-1", AT, wait="90")
    found = judge(Repair(rename={"wait": "wait_seconds"}, cast={"wait_seconds": "number"})).judge(letter(broken))
    assert found.value is not None
    assert json.loads(found.value)["wait_seconds"] == 90.0
    assert found.changes == (FieldChange("wait", "90", "(absent)"), FieldChange("wait_seconds", "(absent)", 90.0))
    assert found.note == "rename wait to wait_seconds, cast wait_seconds to number"


def test_what_a_repair_does_not_make_valid_stays_dead_and_says_why() -> None:
    found = judge(Repair(default={"stage": "nowhere"})).judge(letter(touchpoint("e1", "C-1", AT, stage=None)))
    assert found.value is None
    assert found.refusal[0].startswith("stage: ")


def test_a_record_whose_clock_was_ahead_is_replayed_byte_for_byte_once_it_is_not() -> None:
    record = touchpoint("e1", "C-1", AT)
    assert judge().judge(letter(record, "clock_ahead")).value == record


def test_a_record_on_the_wrong_topic_goes_to_that_of_its_channel() -> None:
    record = touchpoint("e1", "C-1", AT, channel="branch")
    found = judge().judge(letter(record, "channel_mismatch"))
    assert (found.topic, found.value) == (TOPICS.touchpoints("branch"), record)


@pytest.mark.parametrize(
    ("dead", "why"),
    [
        (letter(touchpoint("e1", "C-1", AT), "conflict"), "contradict"),
        (letter(touchpoint("e1", "C-1", AT), "too_late"), "omnitrack restitch"),
        (letter(touchpoint("e1", "C-1", AT), replayed_at=NOON), "replayed already"),
        (letter(b"", dropped_at=NOON), "dropped"),
        (letter(b"{broken"), "must be JSON"),
        (letter(touchpoint("e1", "C-1", AT), "internal", topic="omnitrack.customer"), "carries no touchpoints"),
        (letter(PSEUDONYMS.seal(touchpoint("e1", "C-1", AT))), "OMNITRACK_PSEUDONYM_KEY_FILE"),
    ],
)
def test_what_is_not_replayed_says_why(dead: DeadLetter, why: str) -> None:
    found = judge().judge(dead)
    assert found.value is None
    assert why in "; ".join(found.refusal)


def test_a_letter_whose_mark_is_on_its_way_is_not_replayed_again() -> None:
    dead = letter(touchpoint("e1", "C-1", AT), "clock_ahead")
    assert judge(replayed=frozenset({dead.dead_letter_id})).judge(dead).value is None


def event(data: bytes) -> bytes:
    return json.dumps({"specversion": "0.3", "id": "1", "source": "/", "type": "t", "data": json.loads(data)}).encode()


def test_of_an_event_that_could_not_be_opened_the_touchpoint_is_repaired_and_replayed() -> None:
    whole, broken = touchpoint("e1", "C-1", AT), touchpoint("e1", "C-1", AT, stage=None)
    assert judge().judge(letter(event(whole), "envelope")).value == whole
    found = judge(Repair(default={"stage": "serve"})).judge(letter(event(broken), "envelope"))
    assert found.value is not None
    assert json.loads(found.value)["stage"] == "serve"
    assert found.changes == (FieldChange("stage", None, "serve"),)


def test_an_event_shows_no_identity_of_its_touchpoint_unless_that_is_asked_for() -> None:
    dead = letter(PSEUDONYMS.seal(event(touchpoint("e1", "SECRET", AT))), "envelope")
    assert "SECRET" not in show_payload(dead, PSEUDONYMS, clear=False)
    shown = json.loads(show_payload(dead, PSEUDONYMS, clear=True))
    assert (shown["specversion"], shown["data"]["identities"]) == ("0.3", {"customer_no": "SECRET"})


def test_avro_that_could_not_be_opened_goes_as_it_was_received_for_ingest_to_open_anew() -> None:
    record = b"\0\0\0\0\7body"
    found = judge().judge(letter(record, "envelope"))
    assert (found.value, found.note) == (record, "Avro, as it was received: ingest opens it anew")


def test_who_holds_the_key_replays_what_was_received_and_sees_no_identity() -> None:
    broken = touchpoint("e1", "C-1", AT, identities={"phone": "SECRET-1"}, custNo="SECRET-2")
    dead = letter(PSEUDONYMS.seal(broken))
    found = judge(Repair(rename={"custNo": "identities.customer_no"}), pseudonyms=PSEUDONYMS).judge(dead)
    assert found.value is not None
    assert json.loads(found.value)["identities"] == {"phone": "SECRET-1", "customer_no": "SECRET-2"}
    assert found.changes == (
        FieldChange("custNo", HIDDEN, "(absent)"),
        FieldChange("identities.customer_no", "(absent)", PSEUDONYMS.of("customer_no", "SECRET-2")),
    )
