"""Ctrl-C and SIGTERM as a request to stop at the next line, so that no delivery is cut in half."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Self

from sources.importers.inputs import Line

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SLEEP_SECONDS = 0.1


class Interrupts:
    """A context manager: within, the first signal sets `requested`; a second one is KeyboardInterrupt as usual."""

    def __init__(self) -> None:
        self.requested = False
        self._reading = False

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def stopping(self, lines: Iterator[Line]) -> Iterator[Line]:
        """The lines until a signal, which also ends the wait for the next line."""
        while not self.requested:
            try:
                self._reading = True
                line = next(lines, None)
                self._reading = False
            except KeyboardInterrupt:
                return
            if line is None:
                return
            yield line

    def sleep(self, seconds: float) -> None:
        """Sleep so long, or until a signal."""
        until = time.monotonic() + seconds
        while not self.requested and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _SLEEP_SECONDS))

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        again, self.requested = self.requested, True
        if again or self._reading:
            raise KeyboardInterrupt
