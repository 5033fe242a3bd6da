"""What the processes of a measurement use: seconds of processor, and the most memory that was seen."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import psutil

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Used:
    """Seconds of processor, and resident megabytes at most."""

    processor: float
    megabytes: float


class Usage:
    """Of each named process and its children, from the making of this object to the last `sample`."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._before = {name: _processor(process) for name, process in self._processes.items()}
        self._now = dict(self._before)
        self._memory = dict.fromkeys(self._processes, 0)

    def sample(self) -> None:
        """Look at all of them; of one that has ended the last look counts."""
        for name, process in self._processes.items():
            with suppress(psutil.NoSuchProcess):
                self._now[name] = _processor(process)
                self._memory[name] = max(self._memory[name], _memory(process))

    @property
    def used(self) -> dict[str, Used]:
        return {name: Used(now - self._before[name], self._memory[name] / MEGABYTE) for name, now in self._now.items()}


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _processor(process: psutil.Process) -> float:
    total = 0.0
    for one in _family(process):
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system
    return total


def _memory(process: psutil.Process) -> int:
    total = 0
    for one in _family(process):
        with suppress(psutil.NoSuchProcess):
            total += one.memory_info().rss
    return total
