"""Ctrl-C while modules are imported: nothing is begun yet that would have to be ended."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

INTERRUPTED = 130
"""As a shell tells of a program that SIGINT ended."""


@contextmanager
def ends_quietly() -> Iterator[None]:
    """End the process at once on SIGINT, without a word, while the block runs.

    An exception would come out of whatever is being imported: with a traceback, or as an error of a library that
    takes it for its own. Who ignores the signal (`nohup`) goes on ignoring it.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
