"""The embedded ClickHouse as users run it: a process of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

from clickhouse_driver import Client

from omnitrack.embedded.clickhouse import clickhouse_command
from omnitrack.ports import LOOPBACK

START_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Running:
    process: subprocess.Popen[str]
    port: int
    data_dir: Path

    def client(self, **options: Any) -> Client:
        return Client(LOOPBACK, self.port, **{"send_receive_timeout": 60, **options})


@contextmanager
def running(data_dir: Path, log: Path) -> Iterator[Running]:
    """The server on any free port, from its one line on; killed at the end if it still runs."""
    with (
        log.open("a") as errors,
        subprocess.Popen(clickhouse_command(data_dir, 0), stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        assert process.stdout is not None
        deadline = Timer(START_SECONDS, process.kill)
        deadline.start()
        try:
            line = process.stdout.readline()
            deadline.cancel()
            assert " listens on " in line, f"the server said {line!r}; its log: {log.read_text()}"
            yield Running(process, int(line.rpartition(":")[2]), data_dir)
        finally:
            deadline.cancel()
            process.kill()
