"""Works on the items of a lane one after the other, and on some lanes at once, the lowest rank first."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from itertools import count
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Lanes(Generic[Item]):
    """Items of a `weight` of at most `at_once` together are in work, or one that is heavier. Of the lanes that wait,
    that whose first item has the lowest `rank` is next.

    Belongs to one event loop. `work` must not raise: what it raises ends with the item's task, unseen.
    """

    def __init__(
        self,
        work: Callable[[Item], Awaitable[None]],
        rank: Callable[[Item], float],
        weight: Callable[[Item], float],
        at_once: float,
    ) -> None:
        self._work = work
        self._rank = rank
        self._weight = weight
        self._at_once = at_once
        self._in_work = 0.0
        self._items: dict[Hashable, deque[Item]] = {}
        self._waiting: list[tuple[float, int, Hashable]] = []
        self._turn = count()
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, lane: Hashable, item: Item) -> None:
        """Have the item worked on after those put into its lane before."""
        if lane in self._items:
            self._items[lane].append(item)
        else:
            self._items[lane] = deque([item])
            self._wait(lane)
        self._start()

    async def idle(self) -> None:
        """Return once nothing is in work or waiting."""
        while self._tasks:
            await asyncio.wait(set(self._tasks), return_when=asyncio.FIRST_COMPLETED)

    def _wait(self, lane: Hashable) -> None:
        heapq.heappush(self._waiting, (self._rank(self._items[lane][0]), next(self._turn), lane))

    def _start(self) -> None:
        while self._waiting:
            lane = self._waiting[0][2]
            weight = self._weight(self._items[lane][0])
            if self._tasks and self._in_work + weight > self._at_once:
                return
            heapq.heappop(self._waiting)
            self._in_work += weight
            task = asyncio.get_running_loop().create_task(self._run(lane))
            self._tasks.add(task)
            task.add_done_callback(partial(self._end, weight))

    async def _run(self, lane: Hashable) -> None:
        items = self._items[lane]
        try:
            await self._work(items[0])
        finally:
            items.popleft()
            if items:
                self._wait(lane)
            else:
                del self._items[lane]

    def _end(self, weight: float, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._in_work = self._in_work - weight if self._tasks else 0.0
        self._start()
