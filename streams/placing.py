"""Which partition of a keyed topic a key belongs to."""

from __future__ import annotations

from murmurhash2 import murmurhash2

SEED = 0x9747B28C
"""Of the default partitioner of Kafka's clients."""


def place(key: str, partitions: int) -> tuple[bytes, int]:
    """The key as bytes, and its partition: that of Kafka's own default partitioner."""
    encoded = key.encode()
    return encoded, (murmurhash2(encoded, SEED) & 0x7FFFFFFF) % partitions
