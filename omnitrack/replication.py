"""How many brokers hold each topic, where that is too few, and where more copies could go. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from omnitrack.offsets import Partition

OFFSETS_TOPIC = "__consumer_offsets"
"""Kafka's own: where a partition of it is offline, its groups neither read nor commit."""


@dataclass(frozen=True, slots=True)
class Replicas:
    """The brokers that are to hold a partition, those that have all of it now, and who leads it; None: nobody.

    The partition takes no writes where fewer than `least` are in sync.
    """

    partition: Partition
    leader: int | None
    brokers: tuple[int, ...]
    in_sync: tuple[int, ...]
    least: int = 1

    @property
    def is_offline(self) -> bool:
        """Whether nobody can read or write it."""
        return self.leader is None

    @property
    def takes_no_writes(self) -> bool:
        """Whether it can be read only, as too few brokers would have what is written."""
        return not self.is_offline and len(self.in_sync) < self.least

    @property
    def is_under_replicated(self) -> bool:
        """Whether a broker that is to hold it lacks some of it, or is away."""
        return self.is_offline or len(self.in_sync) < len(self.brokers)


class TopicTrouble(msgspec.Struct, frozen=True):
    """What is wrong with the copies of a topic, by number of partition; its `replicas` are the fewest of any partition.

    `under_replicated` holds those of `offline` and `read_only` too.
    """

    topic: str
    partitions: int
    replicas: int
    wanted: int
    offline: tuple[int, ...] = ()
    read_only: tuple[int, ...] = ()
    under_replicated: tuple[int, ...] = ()


def troubles(found: Iterable[Replicas], wanted: int) -> tuple[TopicTrouble, ...]:
    """The topics that are not whole, or have fewer than `wanted` replicas, by name."""
    told = (_trouble(topic, replicas, wanted) for topic, replicas in sorted(_by_topic(found).items()))
    return tuple(one for one in told if one.under_replicated or one.replicas < one.wanted)


def _trouble(topic: str, found: Sequence[Replicas], wanted: int) -> TopicTrouble:
    return TopicTrouble(
        topic,
        partitions=len(found),
        replicas=min(len(one.brokers) for one in found),
        wanted=wanted,
        offline=tuple(one.partition.number for one in found if one.is_offline),
        read_only=tuple(one.partition.number for one in found if one.takes_no_writes),
        under_replicated=tuple(one.partition.number for one in found if one.is_under_replicated),
    )


def _by_topic(found: Iterable[Replicas]) -> dict[str, list[Replicas]]:
    topics: dict[str, list[Replicas]] = {}
    for one in sorted(found, key=lambda replicas: replicas.partition):
        topics.setdefault(one.partition.topic, []).append(one)
    return topics


def widened(found: Iterable[Replicas], wanted: int, racks: Mapping[int, str | None]) -> list[Replicas]:
    """The partitions that have fewer than `wanted` replicas, with as many more as there are brokers for.

    `racks` are those of all brokers. Each partition stays where it is, and leads where it led; what it lacks goes to a
    rack that it is not in yet, there to the broker that holds the fewest.
    """
    ordered = sorted(found, key=lambda replicas: replicas.partition)
    held = Counter(broker for one in ordered for broker in one.brokers)
    wider = []
    for one in ordered:
        brokers = list(one.brokers)
        while len(brokers) < wanted and (others := racks.keys() - set(brokers)):
            used = {racks.get(broker) for broker in brokers}
            chosen = min(others, key=lambda broker: (racks[broker] in used, held[broker], broker))
            brokers.append(chosen)
            held[chosen] += 1
        if len(brokers) > len(one.brokers):
            wider.append(replace(one, brokers=tuple(brokers)))
    return wider


def reassignment(wider: Iterable[Replicas]) -> dict[str, Any]:
    """What `kafka-reassign-partitions.sh --reassignment-json-file` takes."""
    partitions = [
        {"topic": one.partition.topic, "partition": one.partition.number, "replicas": list(one.brokers)}
        for one in wider
    ]
    return {"version": 1, "partitions": partitions}
