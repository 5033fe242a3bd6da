"""When what a topic holds is gone: of topics that cannot be rewritten by their retention, of others by compaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from schemas.durations import DAY
from schemas.topics import TopicSpec

_FOREVER = 2**62


class Expiry(msgspec.Struct, frozen=True):
    """A topic: how it is kept, and until when (UTC ms) a record of now can be found in it; None: it cannot be told."""

    topic: str
    policy: str
    until: int | None
    why: str


def expiries(
    specs: Iterable[TopicSpec], configs: Mapping[str, Mapping[str, str]], segment_opened_within: int, now: int
) -> tuple[Expiry, ...]:
    """Of each topic, by its settings on the broker.

    A segment is removed as a whole once its newest record is old enough, so a record may stay for as long as a segment
    may be written to (`segment_opened_within` ms, where the broker does not say), and then for the retention.
    """
    return tuple(_expiry(spec, configs.get(spec.name, {}), segment_opened_within, now) for spec in specs)


def in_memory(specs: Iterable[TopicSpec]) -> tuple[Expiry, ...]:
    """Of the embedded broker's topics."""
    return tuple(Expiry(spec.name, spec.cleanup, None, "in memory: gone when omnitrack up stops") for spec in specs)


def _expiry(spec: TopicSpec, config: Mapping[str, str], segment: int, now: int) -> Expiry:
    if spec.cleanup == "compact":
        lag = _number(config, "max.compaction.lag.ms")
        kept = _number(config, "delete.retention.ms") or DAY
        if lag is None or lag >= _FOREVER:
            return Expiry(spec.name, "compact", None, "keys are deleted; the broker says no time for compaction")
        return Expiry(spec.name, "compact", now + lag + kept, "keys are deleted; compaction takes older records")
    retention = _number(config, "retention.ms")
    if retention is None:
        return Expiry(spec.name, "delete", None, "the broker does not say how long it keeps records")
    if retention < 0:
        return Expiry(spec.name, "delete", None, "it keeps records for ever: set its retention.ms")
    roll = min(_number(config, "segment.ms") or segment, segment)
    return Expiry(spec.name, "delete", now + retention + roll, "cannot be rewritten: leaves by retention")


def _number(config: Mapping[str, str], name: str) -> int | None:
    try:
        return int(config[name])
    except (KeyError, ValueError):
        return None
