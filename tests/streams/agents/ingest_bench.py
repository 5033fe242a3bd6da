"""Agent `ingest` without a broker: what it makes of records, and what it sends."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from schemas.decode import decoder_for
from schemas.identity import IdentityRecord, decode_identity_record
from schemas.rows import DeadLetter
from schemas.topics import BUILT_IN_CHANNELS, Topics
from schemas.touchpoint import Arrival, decode_customer_record
from streams.agents.ingest import Ingest
from streams.avro import Frames
from streams.batching import Batch, Outgoing
from streams.pseudonym import Pseudonyms
from tests.streams.agents.fake_record import NOW, FakeRecord

TOPICS = Topics("t.")
PARTITIONS = 4
OCCURRED = "2026-09-21T14:13:20Z"  # NOW
APPEND_TIME = 1


def payload(**changes: Any) -> bytes:
    touchpoint = {
        "schema_version": 1,
        "event_id": "e1",
        "channel": "mobile_app",
        "occurred_at": OCCURRED,
        "identities": {"customer_no": "C-1", "phone": "138"},
        "touchpoint": "card.report_lost",
        "stage": "apply",
        "intent": "card_replacement",
        "details": {"app_version": "1", "os": "ios"},
    }
    return json.dumps(touchpoint | changes).encode()


def ingest(pseudonyms: Pseudonyms | None = None, frames: Frames | None = None) -> Ingest:
    return Ingest(TOPICS, decoder_for(BUILT_IN_CHANNELS), PARTITIONS, pseudonyms, frames)


Sent = dict[str, list[tuple[int, bytes | None, bytes]]]


def run(
    *records: FakeRecord, pseudonyms: Pseudonyms | None = None, now: int = NOW, frames: Frames | None = None
) -> Sent:
    batch = Batch(TOPICS.touchpoints("mobile_app"), 2, records, len(records))
    sent: Sent = {TOPICS.customer: [], TOPICS.identity: [], TOPICS.dead: []}
    for one in ingest(pseudonyms, frames).take(batch, now).effects.outputs:
        sent[one.topic] += [(one.partition, key, value or b"") for group in one.groups for key, value in group]
    return sent


def arrivals(sent: Sent) -> list[Arrival]:
    decoded = [decode_customer_record(value) for _, _, value in sent[TOPICS.customer]]
    return [one for one in decoded if isinstance(one, Arrival)]


def identity_records(sent: Sent) -> list[tuple[str, IdentityRecord]]:
    return [((key or b"").decode(), decode_identity_record(value)) for _, key, value in sent[TOPICS.identity]]


def letters(sent: Sent) -> list[DeadLetter]:
    return [msgspec.json.decode(value, type=DeadLetter) for _, _, value in sent[TOPICS.dead]]


@dataclass(slots=True)
class Publishing:
    """A publisher that notes the topics it is given records for, and fails when told to."""

    sent: list[str] = field(default_factory=list)
    failing: bool = False

    async def send(self, outgoing: Iterable[Outgoing]) -> None:
        if self.failing:
            raise ConnectionError("no broker")
        self.sent += [one.topic for one in outgoing]


class Delivered:
    stage = "ingest"

    def is_current(self) -> bool:
        return True

    async def confirm(self) -> bool:
        return True

    def acknowledge(self) -> None:
        pass
