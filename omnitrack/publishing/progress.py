"""Shows how far publishing is: a bar on a terminal, else a plain line every few seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from omnitrack.terminal import say

_BAR_SECONDS = 0.1
_LINE_SECONDS = 10.0


class Meter(Protocol):
    """Told after each touchpoint of a file how far it is, in the unit of the file's total."""

    def show(self, done: int, touchpoints: int) -> None:
        """`done` of the work (bytes, or lines) is over, with so many touchpoints in it."""


@contextmanager
def metered(console: Console, name: str, total: int | None) -> Iterator[Meter]:
    """A meter for one file; `total` None is unknown."""
    if not console.is_terminal:
        yield _Lines(console, name)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Bar(progress, name, total)


class _Bar:
    def __init__(self, progress: Progress, name: str, total: int | None) -> None:
        self._progress = progress
        self._task = progress.add_task(name, total=total, rate="")
        self._began = self._shown = time.monotonic()

    def show(self, done: int, touchpoints: int) -> None:
        now = time.monotonic()
        if now - self._shown >= _BAR_SECONDS:
            self._shown = now
            rate = touchpoints / (now - self._began)
            self._progress.update(self._task, completed=done, rate=f"{touchpoints:,} touchpoints, {rate:,.0f}/s")


class _Lines:
    def __init__(self, console: Console, name: str) -> None:
        self._console = console
        self._name = name
        self._began = self._shown = time.monotonic()

    def show(self, done: int, touchpoints: int) -> None:
        now = time.monotonic()
        if now - self._shown >= _LINE_SECONDS:
            self._shown = now
            rate = touchpoints / (now - self._began)
            line = f"{self._name}: {touchpoints:,} touchpoints so far, {rate:,.0f}/s"
            say(self._console, line)
