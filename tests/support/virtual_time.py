"""An event loop whose time goes on only while nobody has anything to do, and then at once to when somebody has."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Jumping(selectors.SelectSelector):
    """A selector that does not wait; it tells how long it would have."""

    waited = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everybody waits for something that no time brings"
        self.waited += max(0.0, timeout)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.waited


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, in no time; for what waits neither for threads nor for sockets."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)
