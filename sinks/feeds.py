"""What each output topic carries: the table of its rows, how they are read, and which of them replace each other."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from operator import attrgetter

import msgspec

from schemas.rows import AlertRow, DeadLetter, DuplicateRow, HandoffRow, JourneyRow, PromiseRow, TouchpointRow
from schemas.topics import Topics
from sinks.port import Row, Table


@dataclass(frozen=True, slots=True)
class Feed:
    """The rows of one output topic.

    `decode` raises msgspec's `DecodeError` or UnicodeDecodeError. `key` is the sorting key of the table; of the rows
    with one key that with the greatest `version` holds, and the later one of equals.
    """

    table: Table
    decode: Callable[[bytes], Row]
    key: Callable[[Row], Hashable]
    version: Callable[[Row], int]


def feeds_of(topics: Topics) -> dict[str, Feed]:
    """The feed of each of `topics.outputs`, by topic."""
    return {
        topics.stitched: Feed(
            "touchpoints",
            msgspec.msgpack.Decoder(TouchpointRow).decode,
            attrgetter("customer_id", "touchpoint.channel", "touchpoint.event_id", "touchpoint.occurred_at"),
            attrgetter("version"),
        ),
        topics.duplicates: Feed(
            "duplicates", msgspec.msgpack.Decoder(DuplicateRow).decode, attrgetter("origin"), lambda row: 0
        ),
        topics.journeys: _json_feed("journeys", JourneyRow, "customer_id", "journey_id"),
        topics.handoffs: _json_feed("handoffs", HandoffRow, "customer_id", "handoff_id"),
        topics.promises: _json_feed("promises", PromiseRow, "customer_id", "promise_id"),
        topics.alerts: _json_feed("alerts", AlertRow, "alert_id"),
        topics.dead: _json_feed("dead_letters", DeadLetter, "dead_letter_id"),
    }


def _json_feed(
    table: Table,
    row: type[JourneyRow | HandoffRow | PromiseRow | AlertRow | DeadLetter],
    first_key: str,
    *more_keys: str,
) -> Feed:
    return Feed(table, msgspec.json.Decoder(row).decode, attrgetter(first_key, *more_keys), attrgetter("version"))
