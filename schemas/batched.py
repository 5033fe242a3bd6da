"""Items so many at a time: `itertools.batched`, which Python 3.11 has not, with lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(items: Iterable[T], count: int) -> Iterator[list[T]]:
    """The items in their order, in lists of `count`, the last with what is left; each is taken when it is asked for."""
    remaining = iter(items)
    while batch := list(islice(remaining, count)):
        yield batch
