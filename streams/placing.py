"""Which partition of a keyed topic a key belongs to."""

from __future__ import annotations

from aiokafka.partitioner import murmur2


def place(key: str, partitions: int) -> tuple[bytes, int]:
    """The key as bytes, and its partition: that of Kafka's own default partitioner."""
    encoded = key.encode()
    return encoded, (murmur2(encoded) & 0x7FFFFFFF) % partitions
