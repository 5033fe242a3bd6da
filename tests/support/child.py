"""Servers as child processes of the tests: they die with the tests, and their log is shown when they fail."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from omnitrack import lifeline

LOG_LINES_SHOWN = 30


class ServerFailed(RuntimeError):
    """A server did not start, or ended by itself."""


@dataclass(slots=True)
class Child:
    """A running server process; `name` is what errors call it, `log` its standard output and error."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def spawn(cls, name: str, command: list[str], log: Path) -> Child:
        tied = [sys.executable, lifeline.__file__, str(os.getpid()), *command]
        with log.open("ab") as output:
            process = subprocess.Popen(tied, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        return cls(name, log, process)

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def terminate(self, within: float = 15.0) -> None:
        """End it in its own way; after `within` seconds, kill it."""
        self.process.terminate()
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL: it gets no chance to write anything more."""
        self.process.kill()
        self.process.wait()

    def failure(self, what: str) -> ServerFailed:
        """An error that says what went wrong and shows the end of the server's log."""
        lines = self.log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        return ServerFailed("\n".join([f"{self.name} {what}; the end of its log {self.log}:", *lines]))
