"""The terminal, for text that is shown as it is: `topic:100:5` is no emoji, and `[x]` no style."""

from __future__ import annotations

from rich.console import Console


def plain_console(*, stderr: bool = False) -> Console:
    """A console on standard output or error that takes no character of a text for markup."""
    return Console(stderr=stderr, markup=False, emoji=False)


def say(console: Console, line: str, style: str | None = None) -> None:
    """One line, however wide the terminal is, without colours but that of `style`."""
    console.print(line, style=style, markup=False, emoji=False, highlight=False, soft_wrap=True)
