"""Whether the streams forgot a customer: told by the mark that each state then keeps, and by nothing else.

That a worker has passed an `Erasure` does not tell it: one on which it fails, or that it cannot read, is a dead letter.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kafka import TopicPartition
from kafka.errors import KafkaError

from omnitrack.erasure.subject import Subject
from omnitrack.offsets import Offsets, Partition
from omnitrack.tolerant_consumer import TolerantConsumer
from schemas.kafka_security import client_options
from schemas.topics import Topics
from streams.journey.erasure import erased_key, read_mark
from streams.placing import place

_SILENCE_SECONDS = 30.0

Mark = tuple[Partition, bytes]
"""A partition of a changelog, and the key of the mark in it."""


def marks_of(subject: Subject, topics: Topics, partitions: int) -> frozenset[Mark]:
    """All marks that tell that nothing is known of the subject: of stitching its own, of links one per partition."""
    stitching = {
        (Partition(topics.state, place(customer_id, partitions)[1]), erased_key(customer_id))
        for customer_id in subject.customer_ids
    }
    key = erased_key(subject.customer_id)
    return frozenset(stitching | {(Partition(topics.identity_state, number), key) for number in range(partitions)})


@dataclass(frozen=True, slots=True)
class Found:
    """The changelogs' partitions that lack a mark, and how many values of others nobody can read, so tell whose."""

    missing: frozenset[Partition]
    unreadable: Mapping[Partition, int]


def find_marks(kafka: str, wanted: Collection[Mark], begins: Offsets, ends: Offsets, at: int) -> Found:
    """Which of the marks were written from `begins` to before `ends` for what was asked `at` (ms) or later.

    Raises `KafkaError`.
    """
    missing = set(wanted)
    unreadable: dict[Partition, int] = {}
    consumer = TolerantConsumer(
        **client_options(kafka), group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    try:
        for mark, value in _marks(consumer, {partition for partition, _ in missing}, begins, ends):
            if mark in missing:
                asked_at, count = read_mark(value)
                if asked_at >= at:
                    missing.remove(mark)
                    unreadable |= {mark[0]: count} if count else {}
            if not missing:
                break
    finally:
        consumer.close()
    return Found(frozenset(partition for partition, _ in missing), unreadable)


def _marks(consumer: Any, places: set[Partition], begins: Offsets, ends: Offsets) -> Iterator[tuple[Mark, bytes]]:
    left = {TopicPartition(*one): ends[one] for one in places if begins.get(one, 0) < ends.get(one, 0)}
    consumer.assign(list(left))
    for at in left:
        consumer.seek(at, begins.get(Partition(*at), 0))
    heard_at = time.monotonic()
    while behind := [at for at, end in left.items() if consumer.position(at) < end]:
        for at, records in consumer.poll(timeout_ms=500).items():
            heard_at = time.monotonic()
            for record in records:
                if record.key is not None and record.value is not None:
                    yield (Partition(*at), record.key), record.value
        if time.monotonic() > heard_at + _SILENCE_SECONDS:
            raise KafkaError(f"nothing came of {behind[0].topic}:{behind[0].partition} for {_SILENCE_SECONDS:.0f} s")
