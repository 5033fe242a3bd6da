"""Notices a partition with work to do whose committable offset does not move, and ends the process by it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from faust.types import TP

from streams.batching.endings import Ending

if TYPE_CHECKING:
    from streams.batching.app import BatchApp

WATCH_SECONDS = 1.0


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


async def watch_for_livelock(app: BatchApp) -> None:
    """Look now and then while the app runs; crash it once a partition is stuck for the bounds' `stall_seconds`."""
    watch = LivelockWatch(app.bounds.stall_seconds)
    while not app.should_stop:
        with suppress(asyncio.TimeoutError):
            await app.sleep(WATCH_SECONDS)
        if app.rebalancing or app.in_recovery:
            watch.reset()
            continue
        owned = [tp for tp in app.batches.assignment() if tp.topic not in app.tables.changelog_topics]
        stuck = watch.stuck({tp: app.batches.backlog(tp) for tp in owned}, asyncio.get_running_loop().time())
        if stuck:
            names = ", ".join(sorted(f"{tp.topic}:{tp.partition}" for tp in stuck))
            await app.crash(Livelock(f"{names}: work for {watch.patience:g} s without any progress; exiting"))
            return
