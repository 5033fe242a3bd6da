"""Waits until all that was published before is stitched and stored.

Stage by stage: what a stage has to reach is read only after the stage before has committed, as committing comes after
sending (docs/architecture.md). So the ends of the last stage cover everything that the first one's ends led to.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from omnitrack.broker_reader import BrokerReader
from omnitrack.offsets import lag
from omnitrack.settings import Endpoints

_POLL_SECONDS = 0.25
_IDENTITY_ROUNDS = 3
"""A held touchpoint asks its identities, and these answer, all on the one topic: its ends have to be reached anew."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`group` has to commit the ends of `topics`."""

    name: str
    group: str
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drained:
    """All is stored, after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class StillBehind:
    """The time-out passed; `records` of `topic`, per partition, still wait for `stage`."""

    stage: Stage
    records: dict[str, int]

    def __str__(self) -> str:
        partitions = ", ".join(f"{partition} by {count:,}" for partition, count in self.records.items())
        return f"stage {self.stage.name} (group {self.stage.group}) is still behind on {partitions}"


@dataclass(frozen=True, slots=True)
class TopicsMissing:
    """There is nothing to wait for: the broker does not have these topics."""

    topics: tuple[str, ...]

    def __str__(self) -> str:
        return f"the broker has no topic {', '.join(self.topics)}: start `omnitrack up`, or correct the topic prefix"


DrainOutcome = Drained | StillBehind | TopicsMissing
Progress = Callable[[Stage, int], None]


def drain_stages(endpoints: Endpoints, existing: frozenset[str]) -> tuple[Stage, ...] | TopicsMissing:
    """The stages over the broker's topics; channels that only a catalogue names are found among `existing`."""
    topics = endpoints.topics
    inputs = touchpoints_topics(endpoints, existing)
    missing = tuple(sorted({topics.identity, topics.customer, *topics.outputs} - existing))
    if missing or not inputs:
        return TopicsMissing(missing or (topics.touchpoints("*"),))
    return (
        Stage("ingest", endpoints.streams_group, inputs),
        *[Stage("identity", endpoints.streams_group, (topics.identity,))] * _IDENTITY_ROUNDS,
        Stage("stitch", endpoints.streams_group, (topics.customer,)),
        Stage("store", endpoints.sink_group, topics.outputs),
    )


def touchpoints_topics(endpoints: Endpoints, existing: frozenset[str]) -> tuple[str, ...]:
    """The touchpoints topics among `existing`, in order."""
    prefix = endpoints.topics.touchpoints("")
    return tuple(sorted(topic for topic in existing if topic.startswith(prefix)))


def drain(reader: BrokerReader, stages: Sequence[Stage], timeout: float, progress: Progress) -> DrainOutcome:
    """Wait for all stages, at most `timeout` seconds; `progress` gets the stage and the records it still has.

    Raises `BrokerUnavailableError` at the end of the reader's block.
    """
    begun = time.monotonic()
    for stage in stages:
        ends, begins = reader.end_offsets(stage.topics), reader.begin_offsets(stage.topics)
        while behind := lag(ends, reader.committed(stage.group), begins):
            progress(stage, sum(behind.values()))
            if time.monotonic() - begun > timeout:
                return StillBehind(stage, {str(partition): count for partition, count in behind.items()})
            time.sleep(_POLL_SECONDS)
    return Drained(time.monotonic() - begun)
