"""Fills record batches with groups of records: by the compiled core where it was built, else by the driver's builder.

Both fill alike, byte for byte. The compiled one takes the records of a `Grouped`, which the core of stitching makes,
without a Python object for any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from streams.batching.built import core, is_grouped

if TYPE_CHECKING:
    from streams._core import Grouped

KeyValue = tuple[bytes | None, bytes | None]
"""A record's key and value."""

Groups: TypeAlias = "Grouped | Sequence[Sequence[KeyValue]]"

BATCH_BYTES = 1_000_000
"""A record batch's limit: below what a broker takes by default (`message.max.bytes`, 1,048,588)."""

_RECORD_OVERHEAD = 32
"""At most so many bytes are added to a key and a value in a record batch."""


Filler = Callable[[Callable[[], Any], Sequence["Groups"], int], Iterable[Any]]
"""Makes record batches with the groups of all parts in order, each closed as soon as the next group would not fit.

It is given what makes an empty builder of the driver, the parts, and the time of all records (ms).
"""


def fill_by_driver(create: Callable[[], Any], parts: Sequence[Groups], timestamp: int) -> Iterable[Any]:
    """The `Filler` without compiled code."""
    batch = create()
    for group in chain.from_iterable(parts):
        if batch.record_count() and batch.size() + sum(map(_size, group)) > BATCH_BYTES:
            yield batch
            batch = create()
        for key, value in group:
            if batch.append(key=key, value=value, timestamp=timestamp) is None:
                yield batch
                batch = create()
                batch.append(key=key, value=value, timestamp=timestamp)
    if batch.record_count():
        yield batch


def fill_compiled(_create: Callable[[], Any], parts: Sequence[Groups], timestamp: int) -> Iterable[Any]:
    """The compiled `Filler`; only where it was built."""
    batches: list[Any] = core.fill(parts, BATCH_BYTES, timestamp)
    return batches


def filler(compiled: bool = True) -> Filler:
    """The compiled one where it was built and is wanted, else that of the driver."""
    return fill_compiled if compiled and core is not None else fill_by_driver


def kept(groups: Iterable[Sequence[KeyValue]]) -> Groups:
    """The groups, which may be iterated over more than once."""
    return groups if is_grouped(groups) or isinstance(groups, list | tuple) else list(groups)


def count_records(groups: Groups) -> int:
    """How many records the groups have."""
    return groups.records if is_grouped(groups) else sum(map(len, groups))


def _size(record: KeyValue) -> int:
    key, value = record
    return len(key or b"") + len(value or b"") + _RECORD_OVERHEAD
