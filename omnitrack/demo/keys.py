"""Waiting that a key can end: single keys from a terminal, without echo."""

from __future__ import annotations

import sys
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from select import select
from threading import Event

_BEAT_SECONDS = 0.1


@contextmanager
def single_keys() -> Iterator[None]:
    """Within, the terminal gives each key at once; without a terminal nothing changes."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def way_out() -> str:
    """What ends the waiting."""
    return "q ends" if sys.stdin.isatty() else "Ctrl-C ends"


def wait_or_quit(seconds: float, stop: Event) -> None:
    """Return after `seconds`, or as soon as `stop` is set; `q` on the terminal sets it."""
    ends = time.monotonic() + seconds
    while not stop.is_set() and time.monotonic() < ends:
        if sys.stdin.isatty():
            readable, _, _ = select([sys.stdin], [], [], _BEAT_SECONDS)
            if readable and sys.stdin.read(1) in ("q", "Q"):
                stop.set()
        else:
            stop.wait(_BEAT_SECONDS)
