"""One supervised process: in a process group of its own, tied to the life of its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

from omnitrack.child_log import ChildLog
from streams.now import now_ms

_LIFELINE = str(Path(__file__).with_name("lifeline.py"))
_LOG_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """What to run. `env` is added to the supervisor's own; `grace` is how many seconds SIGTERM gives it to end."""

    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    grace: float = 20.0


class SupervisedProcess:
    """A process that has been started.

    `started_at` is in UTC milliseconds. On Linux the kernel kills it when the *thread* that creates it ends, so that
    thread has to live as long as the process shall.
    """

    def __init__(self, spec: ProcessSpec, log: ChildLog) -> None:
        self.spec = spec
        self.started_at = now_ms()
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            (sys.executable, "-S", _LIFELINE, str(os.getpid()), *spec.command),
            env={**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", **spec.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        assert self._process.stdout is not None
        self._reader: Thread = log.follow(self._process.stdout)
        self._swept = False

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def lived(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._started

    def exit_code(self) -> int | None:
        """None while it runs, minus the signal's number if one ended it. What it left in its group is killed."""
        code = self._process.poll()
        if code is not None:
            self._sweep()
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it and all of its group, and wait until it is gone."""
        self._sweep()
        self._process.wait()

    def _sweep(self) -> None:
        # Once only: later the number of the group may belong to others.
        if not self._swept:
            self._swept = True
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._reader.join(_LOG_SECONDS)


def describe_exit(code: int) -> str:
    """`exit code 3` or `killed by SIGKILL`."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
