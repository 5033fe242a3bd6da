"""What records of the topics between agents hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from streams.batching import Batch, Record

Item = TypeVar("Item")


def read(record: Record, decode: Callable[[bytes], Item]) -> Item | None:
    """What a record holds, as `decode` tells; None: no agent wrote it."""
    if record.key is None or record.value is None:
        return None
    try:
        record.key.decode()
        return decode(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def read_all(key: bytes, batch: Batch, decode: Callable[[bytes], Item]) -> list[tuple[Record, Item]]:
    """The records of a key in the batch, with what they hold."""
    found = ((record, read(record, decode)) for record in batch.records if record.key == key)
    return [(record, item) for record, item in found if item is not None]
