"""The rows of a batch, as records of their topics."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from schemas.topics import Topics
from streams.agents.letters import conflict, encode_json, erased, retracted, taken_in, too_late
from streams.batching import KeyValue, Outgoing
from streams.journey import Change

if TYPE_CHECKING:
    from streams._core import Done, Grouped

encode_msgpack = msgspec.msgpack.Encoder().encode


@dataclass(slots=True)
class Rows:
    """The rows of a batch by topic; `done` are those of the compiled core, which go first."""

    topics: Topics
    done: list[tuple[str, Grouped]] = field(default_factory=list)
    by_topic: dict[str, list[KeyValue]] = field(default_factory=dict)
    letters: list[KeyValue] = field(default_factory=list)

    def add(self, topic: str, key: bytes | None, rows: Iterable[Any], encode: Callable[[Any], bytes]) -> None:
        """Encode `rows` for `topic`, all under `key`, which decides their partition."""
        self.by_topic.setdefault(topic, []).extend([(key, encode(row)) for row in rows])

    def add_done(self, done: Done) -> None:
        """Take in what the compiled core made of customers, encoded already."""
        topics = self.topics
        self.done += [
            (topics.stitched, done.stitched),
            (topics.journeys, done.journeys),
            (topics.handoffs, done.handoffs),
            (topics.promises, done.promises),
        ]

    def add_change(self, key: bytes, change: Change) -> None:
        """Take in what one customer's change sends; its refused touchpoints become dead letters."""
        topics = self.topics
        for topic, rows, encode in (
            (topics.stitched, change.touchpoints, encode_msgpack),
            (topics.journeys, change.journeys, encode_json),
            (topics.handoffs, change.handoffs, encode_json),
            (topics.promises, change.promises, encode_json),
            (topics.duplicates, change.duplicates, encode_msgpack),
        ):
            if rows:
                self.add(topic, key, rows, encode)
        self.letters += map(conflict, change.conflicts)
        self.letters += map(too_late, change.too_late)
        self.letters += map(retracted, change.retracted)
        self.letters += map(taken_in, change.taken_in)
        self.letters += map(erased, change.erased)

    def outgoing(self, partition: int) -> list[Outgoing]:
        """All of them, for the partition of this number of their topics."""
        by_topic = {**self.by_topic, self.topics.dead: self.letters}
        done = [Outgoing(topic, partition, groups) for topic, groups in self.done if groups]
        return done + [Outgoing(topic, partition, (records,)) for topic, records in by_topic.items() if records]
