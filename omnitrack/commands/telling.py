"""How a command says that it could not do what it was asked for, and what a signal means to it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console

_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def complain(command: str, why: object) -> None:
    """Say on standard error why `command` did not do it."""
    Console(stderr=True).print(f"{command}: {why}", style="red", soft_wrap=True, markup=False)


@contextmanager
def ending_with(end: Callable[[], object]) -> Iterator[None]:
    """Within, Ctrl-C, SIGTERM and the loss of the terminal call `end`, each time.

    Who ignores that loss (`nohup`) goes on ignoring it.
    """

    def handle(_number: int, _frame: FrameType | None) -> None:
        end()

    heeded = [number for number in _ENDINGS if not (number is signal.SIGHUP and _is_ignored(number))]
    before = {number: signal.signal(number, handle) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_ignored(number: signal.Signals) -> bool:
    return signal.getsignal(number) is signal.SIG_IGN
