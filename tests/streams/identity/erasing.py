"""An erasure, and where a customer is still named."""

from __future__ import annotations

from lz4.block import LZ4BlockError

from schemas.identity import FORGETTING, Forget, encode_identity_record
from schemas.touchpoint import Erasure, encode_customer_record
from streams.journey.packing import unpack
from streams.placing import place
from tests.streams.identity.world import NOW, PARTITIONS, STAGES, TOPICS, World

ERASED_ID = "customer-1"
"""So long that digests do not hold it by chance."""


def send_erasure(world: World, customer_id: str = ERASED_ID) -> None:
    """As `omnitrack erase` does."""
    key, partition = place(customer_id, PARTITIONS)
    world.write(TOPICS.customer, partition, key, encode_customer_record(Erasure(NOW)))
    for number in range(PARTITIONS):
        record = encode_identity_record(Forget(customer_id, NOW))
        world.write(TOPICS.identity, number, FORGETTING.encode(), record)


def keys_naming(world: World, customer_id: str = ERASED_ID) -> list[bytes]:
    """The keys of all states that name the customer, in whatever form."""
    return [
        key
        for stage in STAGES[1:]
        for partition in world.states[stage].partitions.values()
        for key, value in partition.items()
        if customer_id.encode() in readings(key, value)
    ]


def readings(key: bytes, value: bytes) -> bytes:
    """A state's key and value, and what may be packed in it."""
    parts = [key, value]
    for packed in (value, value[8:]):
        try:
            parts.append(unpack(packed))
        except (ValueError, LZ4BlockError):
            continue
    return b"\n".join(parts)
