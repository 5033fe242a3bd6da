"""A record as an agent is given it, without a broker."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.cloudevents import Headers

NOW = 1_790_000_000_000


@dataclass(frozen=True, slots=True)
class FakeRecord:
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int = NOW
    timestamp_type: int = 0
    headers: Headers = ()
