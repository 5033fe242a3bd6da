"""How a command says that it could not do what it was asked for, how it ends then, and what a signal means to it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import typer

from omnitrack.terminal import plain_console, say

OTHERWISE, FAILED, INTERRUPTED = 1, 2, 130
"""The exit codes beside 0: it was done, and not all is as it should be; it could not be done, by a mistake or by a
service that does not answer; it was interrupted.
"""

_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def complain(command: str, why: object) -> None:
    """Say on standard error why `command` did not do it."""
    say(plain_console(stderr=True), f"{command}: {_reason(why)}", "red")


@contextmanager
def complaining(command: str, *errors: type[Exception]) -> Iterator[None]:
    """Within, an error of these kinds is complained of, and ends the command with `FAILED`."""
    try:
        yield
    except errors as error:
        complain(command, error)
        raise typer.Exit(FAILED) from error


def _reason(why: object) -> str:
    if isinstance(why, OSError) and why.filename is not None:
        return f"{why.filename}: {why.strerror}"
    return str(why) or type(why).__name__


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
