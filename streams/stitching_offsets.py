"""How far the streams are, asked of the broker: alerting is told the time by it."""

from __future__ import annotations

from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from schemas.kafka_security import client_options
from streams.upstream import Offsets, Source


class StitchingOffsets:
    """What the group of the streams has committed, asked of the broker."""

    def __init__(self, kafka: str, group: str) -> None:
        self._kafka = kafka
        self._group = group
        self._admin: AIOKafkaAdminClient | None = None

    async def committed(self, partitions: tuple[Source, ...], begins: Offsets) -> dict[Source, int]:
        """By partition; what was dropped in front of its `begins` needs not to be waited for. Raises `KafkaError`."""
        if self._admin is None:
            admin = AIOKafkaAdminClient(**client_options(self._kafka))
            await admin.start()
            self._admin = admin
        asked = [TopicPartition(*source) for source in partitions]
        kept = await self._admin.list_consumer_group_offsets(self._group, partitions=asked)
        found = {(tp.topic, tp.partition): max(0, one.offset) for tp, one in kept.items()}
        return {source: max(found.get(source, 0), begins.get(source, 0)) for source in partitions}

    async def close(self, *_args: Any, **_kwargs: Any) -> None:
        """End the connection, if one was made."""
        if self._admin is not None:
            await self._admin.close()
