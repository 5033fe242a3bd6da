"""Notices a partition with work to do whose committable offset does not move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from faust.types import TP

from streams.batching.endings import Ending


class Livelock(Ending):
    """Batches are there but none gets done."""


@dataclass(slots=True)
class LivelockWatch:
    """Pure: is told the progress of every owned partition now and then, and names those that are stuck.

    `patience` is in seconds of the given monotonic times.
    """

    patience: float
    _since: dict[TP, tuple[int, float]] = field(default_factory=dict)

    def stuck(self, progress: Mapping[TP, tuple[int, bool]], now: float) -> list[TP]:
        """Partitions whose offset has not moved for `patience` seconds although they had work all that time.

        `progress` gives each owned partition's committable offset and whether it has work.
        """
        since: dict[TP, tuple[int, float]] = {}
        for partition, (offset, has_work) in progress.items():
            before = self._since.get(partition)
            if not has_work:
                continue
            since[partition] = before if before is not None and before[0] == offset else (offset, now)
        self._since = since
        return [partition for partition, (_, start) in since.items() if now - start >= self.patience]

    def reset(self) -> None:
        """Forget everything: partitions have moved."""
        self._since = {}
