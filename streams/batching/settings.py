"""What a batch app is given: who it is and where, and how much it takes at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """One process of a group: how it joins, and where it shows how it does."""

    group: str
    """The consumer group, which is the app's id as well."""
    kafka: str
    """Bootstrap servers, `host:port` separated by commas."""
    session_timeout: float
    """Seconds after which the group takes a silent member for dead."""
    group_instance: str | None = None
    """A name that outlives the process makes the membership static."""
    page: tuple[str, int] | None = None
    """Host and port of the process's own page; None: nowhere."""
    compiled: bool = True
    """Whether the compiled core packs and unpacks record batches, where it was built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much a batch app takes at once, and how long it waits."""

    max_records: int = 10_000
    """Of a batch, and up to the end of the record batch that reaches this."""
    fetch_bytes: int = 4 * 1024 * 1024
    """Asked of a broker for one partition at once."""
    pending_batches: int = 2
    """Unacknowledged full batches of a partition."""
    pending_small: int = 0
    """Unacknowledged batches of a partition that together hold no more records than `pending_batches` could."""
    pace: float = 0.0
    """A broker that was read to its end is asked for more so many seconds after it was asked last."""
    retry_seconds: float = 45.0
    """How long a failing batch is retried in place."""
    stall_seconds: float = 300.0
    """How long a partition may have work without getting any done."""

    def have_room(self, batches: int, records: int, full: int) -> bool:
        """Whether one more batch of a partition may be taken, with so much unacknowledged; `full`: one batch."""
        is_little = batches < self.pending_small and records <= (self.pending_batches - 1) * full
        return batches < self.pending_batches or is_little
