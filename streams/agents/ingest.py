"""Agent `ingest`: records of the channels become arrivals of customers, or dead letters.

A touchpoint with a customer number goes to its customer, and links it to its other identities; one without goes to its
profile, which finds out whose it is. Ordinary records are taken in by the compiled core where there is one; this is the
reference, and takes whatever that one leaves.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import structlog

from schemas.cloudevents import open_event, touchpoint_within
from schemas.decode import Decoder, Refusal
from schemas.identity import (
    CUSTOMER_NO,
    Held,
    Link,
    encode_identity_record,
    identities_of,
    identity_key,
    profile_key,
)
from schemas.topics import Topics
from schemas.touchpoint import Arrival, Origin, encode_customer_record
from streams.agents.letters import dead_letter, defect
from streams.agents.sent_links import SentLinks, link_of
from streams.avro import Frames, is_framed, not_opened
from streams.batching import Batch, Delivery, KeyValue, Outgoing, Record
from streams.checkpoint import Effects, Publisher, checkpoint
from streams.meters import RECORDS_LEFT
from streams.placing import place
from streams.poison import PoisonWatch, describe
from streams.pseudonym import Pseudonyms, identities_in
from streams.registry import Registry

if TYPE_CHECKING:
    from streams._core import Grouped, Intake

logger = structlog.get_logger(__name__)

LOG_APPEND_TIME = 1
Sent = tuple[str, int, KeyValue]
"""A record with the topic and the partition that it goes to."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """The effects of a batch, and the links among them: sent once these are durable."""

    effects: Effects
    links: set[int]


class _Taking:
    """A batch while it is taken in: what is sent so far, its links, defects, and why the core left how many records."""

    def __init__(self, batch: Batch, channel: str, now: int, make: Callable[[], list[KeyValue] | Grouped]) -> None:
        self.batch = batch
        self.channel = channel
        self.now = now
        self.outputs: defaultdict[tuple[str, int], list[KeyValue] | Grouped] = defaultdict(make)
        self.links: set[int] = set()
        self.poison: list[Exception] = []
        self.left: Counter[str] = Counter()

    def send(self, topic: str, partition: int, key_value: KeyValue) -> None:
        records = self.outputs[topic, partition]
        if isinstance(records, list):
            records.append(key_value)
        else:
            records.push(*key_value)

    def outgoing(self) -> list[Outgoing]:
        return [
            Outgoing(*place, (records,) if isinstance(records, list) else records)
            for place, records in self.outputs.items()
        ]


class Ingest:
    """Turns batches of `touchpoints.*` into effects; `partitions` is that of every keyed topic.

    `frames` opens Avro, and has to know the schemas of a batch before that is taken (None: no Avro is opened). `core`
    takes in what is ordinary (None: this does all); with pseudonyms nothing is.
    """

    def __init__(
        self,
        topics: Topics,
        decoder: Decoder,
        partitions: int,
        pseudonyms: Pseudonyms | None,
        frames: Frames | None = None,
        core: Intake | None = None,
    ) -> None:
        self._topics = topics
        self._decode = decoder.decode
        self._pseudonyms = pseudonyms
        self._frames = frames
        self._core = core if pseudonyms is None else None
        self._records: Callable[[], list[KeyValue] | Grouped] = list if self._core is None else self._core.grouped
        self._link_of = link_of if core is None else core.link
        self._place = partial(place, partitions=partitions)
        self._poison = PoisonWatch("ingest")
        self.sent_links = SentLinks()

    def take(self, batch: Batch, now: int) -> Ingested:
        """Arrivals to `customer` by customer, links and touchpoints of unknown customers to `identity`, refusals to
        `dead`; `now` in ms is the time of receipt if the broker does not stamp it."""
        taking = _Taking(batch, self._topics.channel_of(batch.topic), now, self._records)
        place, end = self._take_ordinary(taking, 0), len(batch.records)
        while place < end:
            self._take_or_give_up(taking, batch.records[place])
            place = self._take_ordinary(taking, place + 1)
        self._poison.note(now / 1000, end, taking.poison)
        for reason, count in taking.left.items():
            RECORDS_LEFT.labels("ingest", reason).inc(count)
        return Ingested(Effects(taking.outgoing()), taking.links)

    def _take_ordinary(self, taking: _Taking, start: int) -> int:
        """Take the records from `start` on up to the first that the compiled core leaves; where that one is."""
        if self._core is None:
            return start
        outputs, links, sent = taking.outputs, taking.links, self.sent_links.halves
        place, reason = self._core.take(taking.channel, taking.batch, start, taking.now, outputs, links, sent)
        if reason is not None:
            taking.left[reason] += 1
        return place

    def _take_or_give_up(self, taking: _Taking, record: Record) -> None:
        received_at = record.timestamp if record.timestamp_type == LOG_APPEND_TIME else taking.now
        origin = Origin(taking.batch.topic, taking.batch.partition, record.offset)
        try:
            sent, linked = self._take_record(record, taking.channel, origin, received_at, taking.links)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 -- a defect, met on this record
            taking.poison.append(error)
            letter = self._give_up(record, origin, received_at, error)
            taking.send(self._topics.dead, origin.partition, letter)
            return
        taking.links.update(linked)
        for one in sent:
            taking.send(*one)

    def _take_record(
        self, record: Record, channel: str, origin: Origin, received_at: int, links: set[int]
    ) -> tuple[list[Sent], list[int]]:
        """What is sent for a record, and the links in that which are neither sent already nor among `links`."""
        payload = record.value
        if record.headers or (payload and not payload[0]):
            opened = self._open(record)
            if isinstance(opened, Refusal):
                return self._refused(record.key, payload, origin, received_at, opened)
            payload = opened
        decoded = self._decode(payload, channel, received_at)
        if isinstance(decoded, Refusal):
            return self._refused(record.key, payload, origin, received_at, decoded)
        identities, customer_id = identities_of(decoded), decoded.identities.get(CUSTOMER_NO)
        arrival = Arrival(decoded, origin, received_at, record.key, payload or b"")
        if self._pseudonyms is not None:
            identities = tuple((kind, self._pseudonyms.of(kind, value)) for kind, value in identities)
            customer_id = None if customer_id is None else self._pseudonyms.of(CUSTOMER_NO, customer_id)
            arrival = _pseudonymous(arrival, self._pseudonyms)
        if customer_id is None:
            key, partition = self._place(profile_key(identities))
            held = encode_identity_record(Held(identities, arrival))
            return [(self._topics.identity, partition, (key, held))], []
        key, partition = self._place(customer_id)
        sent: list[Sent] = [(self._topics.customer, partition, (key, encode_customer_record(arrival)))]
        linked: list[int] = []
        for one in identities:
            link = self._link_of(*one, customer_id)
            if link not in links and link not in self.sent_links:
                key, partition = self._place(identity_key(one))
                record_of_link = encode_identity_record(Link(customer_id, decoded.occurred_at))
                sent.append((self._topics.identity, partition, (key, record_of_link)))
                linked.append(link)
        return sent, linked

    def _open(self, record: Record) -> bytes | Refusal | None:
        """The touchpoint's JSON out of the envelope that a record may be."""
        value = record.value
        if value is None or not is_framed(value):
            return open_event(record.headers, value)
        return not_opened() if self._frames is None else self._frames.open(value)

    def _refused(
        self, key: bytes | None, payload: bytes | None, origin: Origin, received_at: int, why: Refusal
    ) -> tuple[list[Sent], list[int]]:
        return [(self._topics.dead, origin.partition, self._letter(key, payload or b"", origin, received_at, why))], []

    def _letter(self, key: bytes | None, payload: bytes, origin: Origin, received_at: int, why: Refusal) -> KeyValue:
        if self._pseudonyms is not None:
            identities = identities_in(touchpoint_within(payload))
            key, payload = self._pseudonyms.record_key(key, identities), self._pseudonyms.seal(payload)
        return dead_letter(origin, received_at, key, payload, why.reason, why.errors)

    def _give_up(self, record: Record, origin: Origin, received_at: int, error: Exception) -> KeyValue:
        logger.error("a record cannot be taken in, and is a dead letter", record=str(origin), error=describe(error))
        text = defect("ingest", describe(error))
        try:
            return self._letter(record.key, record.value or b"", origin, received_at, Refusal("internal", (text,)))
        except Exception:  # noqa: BLE001 -- what fails may be the pseudonyms, and identities are not stored in clear
            return dead_letter(origin, received_at, None, b"", "internal", (text, "payload: left out, it failed on it"))


def _pseudonymous(arrival: Arrival, pseudonyms: Pseudonyms) -> Arrival:
    return Arrival(
        pseudonyms.touchpoint(arrival.touchpoint),
        arrival.origin,
        arrival.received_at,
        pseudonyms.record_key(arrival.key, arrival.touchpoint.identities),
        pseudonyms.seal(arrival.payload),
    )


class IngestAgent:
    """The handler of the batches of `touchpoints.*`; `now` tells the time in ms, `registry` teaches ingest's frames."""

    def __init__(
        self, ingest: Ingest, publisher: Publisher, now: Callable[[], int], registry: Registry | None = None
    ) -> None:
        self._ingest = ingest
        self._publisher = publisher
        self._now = now
        self._registry = registry

    async def __call__(self, batch: Batch, delivery: Delivery) -> None:
        """Validate one batch of a channel's topic and deliver what comes of it; received is now."""
        if self._registry is not None:
            await self._registry.learn(record.value for record in batch.records)
        ingested = self._ingest.take(batch, self._now())
        if await checkpoint(ingested.effects, self._publisher, None, delivery):
            self._ingest.sent_links.add(ingested.links)
