"""Agent `ingest`: records of the channels become arrivals of customers, or dead letters.

A touchpoint with a customer number goes to its customer, and links it to its other identities; one without goes to its
profile, which finds out whose it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from schemas.decode import Decoder, Refusal
from schemas.identity import (
    CUSTOMER_NO,
    Held,
    Identity,
    Link,
    encode_identity_record,
    identities_of,
    identity_key,
    profile_key,
)
from schemas.rows import DeadReason
from schemas.topics import Topics
from schemas.touchpoint import Arrival, Origin, Touchpoint, encode_customer_record
from streams.agents.letters import dead_letter
from streams.batching import Batch, Delivery, Outgoing, Record
from streams.checkpoint import Effects, Publisher, checkpoint
from streams.placing import place
from streams.pseudonym import Pseudonyms

LOG_APPEND_TIME = 1
KeyValue = tuple[bytes | None, bytes | None]


REMEMBERED_LINKS = 262_144


class SentLinks:
    """Links that are durably sent and need not be sent again: the latest of them, for the others it does no harm."""

    def __init__(self, most: int = REMEMBERED_LINKS) -> None:
        self._most = most
        self._recent: set[int] = set()
        self._older: set[int] = set()

    def __contains__(self, link: int) -> bool:
        return link in self._recent or link in self._older

    def add(self, links: Iterable[int]) -> None:
        self._recent.update(links)
        if len(self._recent) > self._most // 2:
            self._recent, self._older = set(), self._recent


@dataclass(frozen=True, slots=True)
class Ingested:
    """The effects of a batch, and the links among them: sent once these are durable."""

    effects: Effects
    links: set[int]


class Ingest:
    """Turns batches of `touchpoints.*` into effects; `partitions` is that of every keyed topic."""

    def __init__(self, topics: Topics, decoder: Decoder, partitions: int, pseudonyms: Pseudonyms | None) -> None:
        self._topics = topics
        self._decode = decoder.decode
        self._pseudonyms = pseudonyms
        self._place = lru_cache(maxsize=262_144)(lambda key: place(key, partitions))
        self.sent_links = SentLinks()

    def take(self, batch: Batch, now: int) -> Ingested:
        """Arrivals to `customer` by customer, links and touchpoints of unknown customers to `identity`, refusals to
        `dead`; `now` in ms is the time of receipt if the broker does not stamp it."""
        channel = self._topics.channel_of(batch.topic)
        arrivals: defaultdict[int, list[KeyValue]] = defaultdict(list)
        identity: defaultdict[int, list[KeyValue]] = defaultdict(list)
        letters: list[KeyValue] = []
        links: set[int] = set()
        for record in batch.records:
            received_at = record.timestamp if record.timestamp_type == LOG_APPEND_TIME else now
            origin = Origin(batch.topic, batch.partition, record.offset)
            decoded = self._decode(record.value, channel, received_at)
            if isinstance(decoded, Refusal):
                letters.append(self._refuse(record, origin, received_at, decoded.reason, decoded.errors))
            else:
                identities = self._named(identities_of(decoded))
                customer_id = self._customer_of(decoded)
                arrival = self._arrival(decoded, record, origin, received_at)
                if customer_id is None:
                    key, partition = self._place(profile_key(identities))
                    identity[partition].append((key, encode_identity_record(Held(identities, arrival))))
                    continue
                key, partition = self._place(customer_id)
                arrivals[partition].append((key, encode_customer_record(arrival)))
                self._link(customer_id, identities, decoded.occurred_at, links, identity)
        outputs = [Outgoing(self._topics.customer, partition, (records,)) for partition, records in arrivals.items()]
        outputs += [Outgoing(self._topics.identity, partition, (records,)) for partition, records in identity.items()]
        if letters:
            outputs.append(Outgoing(self._topics.dead, batch.partition, (letters,)))
        return Ingested(Effects(outputs), links)

    def _customer_of(self, touchpoint: Touchpoint) -> str | None:
        number = touchpoint.identities.get(CUSTOMER_NO)
        if number is None or self._pseudonyms is None:
            return number
        return self._pseudonyms.of(CUSTOMER_NO, number)

    def _named(self, identities: tuple[Identity, ...]) -> tuple[Identity, ...]:
        """The identities as they may be stored."""
        if self._pseudonyms is None:
            return identities
        return tuple((kind, self._pseudonyms.of(kind, value)) for kind, value in identities)

    def _link(
        self,
        customer_id: str,
        identities: tuple[Identity, ...],
        at: int,
        links: set[int],
        identity: defaultdict[int, list[KeyValue]],
    ) -> None:
        for one in identities:
            link = hash((one, customer_id))
            if link in links or link in self.sent_links:
                continue
            links.add(link)
            key, partition = self._place(identity_key(one))
            identity[partition].append((key, encode_identity_record(Link(customer_id, at))))

    def _arrival(self, touchpoint: Touchpoint, record: Record, origin: Origin, received_at: int) -> Arrival:
        pseudonyms = self._pseudonyms
        record_key, payload = record.key, record.value or b""
        if pseudonyms is not None:
            touchpoint = pseudonyms.touchpoint(touchpoint)
            record_key, payload = pseudonyms.record_key(record_key, payload), pseudonyms.payload(payload)
        return Arrival(touchpoint, origin, received_at, record_key, payload)

    def _refuse(
        self, record: Record, origin: Origin, received_at: int, reason: DeadReason, errors: tuple[str, ...]
    ) -> tuple[bytes | None, bytes]:
        key, payload = record.key, record.value or b""
        if self._pseudonyms is not None:
            key, payload = self._pseudonyms.record_key(key, payload), self._pseudonyms.payload(payload)
        return dead_letter(origin, received_at, key, payload, reason, errors)


class IngestAgent:
    """The handler of the batches of `touchpoints.*`; `now` tells the time in ms."""

    def __init__(self, ingest: Ingest, publisher: Publisher, now: Callable[[], int]) -> None:
        self._ingest = ingest
        self._publisher = publisher
        self._now = now

    async def __call__(self, batch: Batch, delivery: Delivery) -> None:
        ingested = self._ingest.take(batch, self._now())
        if await checkpoint(ingested.effects, self._publisher, None, delivery):
            self._ingest.sent_links.add(ingested.links)
