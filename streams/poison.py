"""Records on which the computation itself fails: found one by one, so that all others go on. Pure.

The computation is free of I/O, so whatever it raises is a defect that a retry would meet again.
"""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from streams.batching import Ending

Item = TypeVar("Item")
Result = TypeVar("Result")

WINDOW_SECONDS = 60.0
LEAST_RECORDS = 100
GREATEST_SHARE = 0.5


class MostlyPoison(Ending):
    """Most of what came lately cannot be computed, so it is not the records that are wrong."""


@dataclass(frozen=True, slots=True)
class Sifted(Generic[Item, Result]):
    """`result` is that of all items but the `poison`, of which each comes with what it raised.

    `result` None: not even no item at all can be computed.
    """

    result: Result | None
    poison: Sequence[tuple[Item, Exception]]


def sift(items: Sequence[Item], compute: Callable[[Sequence[Item]], Result]) -> Sifted[Item, Result]:
    """Compute `items` without those that make `compute` raise, in about log2(len(items)) attempts for each.

    An item is tried together with those before it that are good.
    """
    good: list[Item] = []
    poison: list[tuple[Item, Exception]] = []
    result: Result | None = None

    def take(part: Sequence[Item]) -> None:
        nonlocal good, result
        try:
            result = compute([*good, *part])
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever the computation raises, the items are its cause
            if len(part) > 1:
                half = len(part) // 2
                take(part[:half])
                take(part[half:])
            elif part:
                poison.append((part[0], error))
        else:
            good += part

    take(items)
    if not good and items:
        take(())
    return Sifted(result, poison)


def describe(error: Exception) -> str:
    """`KeyError in append.py:77`: what was raised and where. Never its message, which may quote a customer's data."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


@dataclass(slots=True)
class PoisonWatch:
    """Ends the process when most of at least LEAST_RECORDS of the last WINDOW_SECONDS were poison."""

    what: str
    _batches: deque[tuple[float, int, int]] = field(default_factory=deque)
    _taken: int = 0
    _failed: int = 0

    def note(self, now: float, records: int, poison: Sequence[Exception]) -> None:
        """Count a batch, computed at `now` (s). Raises `MostlyPoison`: nothing of it may be acknowledged then."""
        self._batches.append((now, records, len(poison)))
        self._taken += records
        self._failed += len(poison)
        while self._batches[0][0] < now - WINDOW_SECONDS:
            _, left, left_failed = self._batches.popleft()
            self._taken -= left
            self._failed -= left_failed
        if poison and self._taken >= LEAST_RECORDS and self._failed > GREATEST_SHARE * self._taken:
            raise MostlyPoison(
                f"{self.what} fails on {self._failed} of {self._taken} records, the last time with"
                f" {describe(poison[-1])}: a defect or a wrong catalogue, not the records; nothing of this batch is"
                " acknowledged"
            )
