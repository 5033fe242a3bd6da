"""The output of a supervised process: all of it to a rotated file, its warnings and errors to the terminal."""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from threading import Thread
from typing import IO

_MAX_BYTES = 5_000_000
_BACKUPS = 3
_TAIL_LINES = 15
_ALARMING = re.compile(r"\b(WARN|WARNING|ERROR|CRITICAL|FATAL|PANIC)\b|\"level\": ?\"(warning|error|critical)\"")
_HARMLESS = re.compile(r"\] (\S+ \S+ \[(info|debug) *\]|Timer \S+ is overlapping)")
"""Faust takes all of standard output for warnings, whatever level it tells; a late timer only skips a beat."""
_RECORD_START = re.compile(r"^[\[{\d]")
_TRACEBACK = "Traceback (most recent call last)"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class AlarmFilter:
    """Tells which lines of a log are warnings or errors, the lines that continue one included."""

    def __init__(self) -> None:
        self._within = False

    def wants(self, line: str) -> bool:
        """Whether `line` is to be shown: it alarms, or belongs to a record that does."""
        if _HARMLESS.search(line):
            self._within = False
        elif _ALARMING.search(line) or line.startswith(_TRACEBACK):
            self._within = True
        elif not line or _RECORD_START.match(line):
            self._within = False
        return self._within


class ChildLog:
    """Keeps what one process writes, over all its restarts. `say` gets alarming lines, prefixed by the name."""

    def __init__(self, name: str, path: Path, say: Callable[[str], None]) -> None:
        self.name = name
        self.path = path
        self._say = say
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._file = RotatingFileHandler(
            path,
            maxBytes=_MAX_BYTES,
            backupCount=_BACKUPS,
            encoding="utf-8",
            delay=True,
        )

    def follow(self, output: IO[bytes]) -> Thread:
        """Read `output` to its end in a thread of its own."""
        thread = Thread(target=self._pump, args=(output,), name=f"log of {self.name}", daemon=True)
        thread.start()
        return thread

    def tail(self) -> tuple[str, ...]:
        """The last lines written."""
        return tuple(self._tail)

    def close(self) -> None:
        """Close the file; what the child writes after that is lost."""
        self._file.close()

    def _pump(self, output: IO[bytes]) -> None:
        alarms = AlarmFilter()
        with output:
            for raw in output:
                line = _COLOUR.sub("", raw.decode("utf-8", "replace").rstrip("\r\n"))
                self._tail.append(line)
                self._file.handle(logging.LogRecord(self.name, logging.INFO, "", 0, line, None, None))
                if alarms.wants(line):
                    self._say(f"{self.name}: {line}")
