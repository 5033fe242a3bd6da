"""Few large writes out of many small ones: batches that arrive close together share one write."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Group(Generic[T]):
    """What the next write will hold."""

    items: list[T] = field(default_factory=list)
    full: asyncio.Event = field(default_factory=asyncio.Event)
    written: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Coalescer(Generic[T]):
    """Gathers items for one write at a time, in the order in which they came.

    A write starts when `linger` seconds have passed since its first item and `interval` since the last one started, or
    when `max_items` are gathered, and no other is under way. At most `max_items` are gathered beside those being
    written (a larger batch goes alone): adding more waits. `interval` may be set anew at any time, for writes to
    come. Belongs to one event loop.
    """

    def __init__(
        self,
        write: Callable[[Sequence[T]], Awaitable[None]],
        *,
        max_items: int,
        linger: float,
        interval: float = 0.0,
    ) -> None:
        self._write = write
        self._max_items = max_items
        self._linger = linger
        self.interval = interval
        self._rests_until = float("-inf")
        self._group: _Group[T] | None = None
        self._room = asyncio.Condition()
        self._writing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def add(self, items: Sequence[T]) -> None:
        """Return once all `items` are written; raises what their write raised.

        Cancelling the call does not take its items back.
        """
        if not items:
            return
        async with self._room:
            await self._room.wait_for(lambda: self._has_room_for(len(items)))
            group = self._group or self._open_group()
            group.items.extend(items)
            if len(group.items) >= self._max_items:
                group.full.set()
        await asyncio.shield(group.written)

    def _has_room_for(self, count: int) -> bool:
        if self._group is None or len(self._group.items) + count <= self._max_items:
            return True
        self._group.full.set()
        return False

    def _open_group(self) -> _Group[T]:
        group = self._group = _Group[T]()
        task = asyncio.create_task(self._write_group(group))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return group

    async def _write_group(self, group: _Group[T]) -> None:
        """Wait for the turn of `group`, close it to newcomers, write it, and tell those who wait."""
        await self._wait_until_due(group)
        async with self._writing:
            async with self._room:
                self._group = None
                self._rests_until = asyncio.get_running_loop().time() + self.interval
                self._room.notify_all()
            try:
                await self._write(group.items)
            except Exception as error:  # noqa: BLE001 - it is raised where the items came from
                group.written.set_exception(error)
            else:
                group.written.set_result(None)

    async def _wait_until_due(self, group: _Group[T]) -> None:
        wait = max(self._linger, self._rests_until - asyncio.get_running_loop().time())
        try:
            await asyncio.wait_for(group.full.wait(), wait)
        except TimeoutError:
            return
