"""Servers as child processes of the tests: they die with the tests, and their log is shown when they fail."""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
LOG_LINES_SHOWN = 30


class ServerFailed(RuntimeError):
    """A server did not start, or ended by itself."""


def free_port() -> int:
    """A port of the loopback interface that nothing listens on.

    It lies below the range that outgoing connections take their ports from, so a server that is
    killed and started again finds it still free.
    """
    for port in random.sample(range(20_000, 32_000), k=100):
        with socket.socket() as probe:
            if probe.connect_ex((LOOPBACK, port)) != 0:
                return port
    raise ServerFailed("none of 100 ports tried between 20000 and 32000 is free on the loopback interface")


def dies_with_parent(command: list[str]) -> list[str]:
    """The command, killed by the kernel when this process ends, however it ends (Linux only)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", *command] if setpriv else command


@dataclass(slots=True)
class Child:
    """A running server process; `name` is what errors call it, `log` its standard output and error."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def spawn(cls, name: str, command: list[str], log: Path) -> Child:
        with log.open("ab") as output:
            process = subprocess.Popen(
                dies_with_parent(command), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
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
