"""What an operator asks of Kafka: topics and their replicas, ends, begins, committed offsets, members of groups."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import closing
from types import TracebackType
from typing import Any, Self

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from omnitrack.offsets import Offsets, Partition
from omnitrack.replication import Replicas
from omnitrack.tolerant_consumer import TolerantConsumer
from schemas.kafka_obstacle import why_unreachable
from schemas.kafka_security import client_options

_FETCH_SECONDS = 10.0


class BrokerUnavailableError(Exception):
    """The broker at an address did not answer, or answered with an error."""

    def __init__(self, kafka: str, why: str) -> None:
        advised = ";" in why or "?" in why
        advice = "" if advised else "; is it running, and is OMNITRACK_KAFKA (or --kafka) right?"
        super().__init__(f"Kafka at {kafka} does not answer: {why}{advice}")


class _Admin(KafkaAdminClient):  # type: ignore[misc] # kafka-python brings no types
    def _process_acl_operations(self, group: dict[str, Any]) -> dict[str, Any]:
        # The embedded broker answers with operations that kafka-python has no names for, and it raises on them.
        return group


class BrokerReader:
    """Reads the state of a broker, in a `with` block.

    Opening it, and leaving the block with an error of Kafka's, raises `BrokerUnavailableError`. What the broker only
    cannot answer yet is asked again for `timeout_seconds`.
    """

    def __init__(self, kafka: str, timeout_seconds: float = 10.0) -> None:
        self._kafka = kafka
        self._timeout_seconds = timeout_seconds
        self._options: dict[str, Any] = {
            **client_options(kafka),
            "bootstrap_timeout_ms": int(timeout_seconds * 1000),
            "request_timeout_ms": max(1000, int(timeout_seconds * 1000)),
        }
        try:
            self._admin = _Admin(**self._options)
        except (KafkaError, OSError) as error:
            raise BrokerUnavailableError(kafka, why_unreachable(kafka, error, timeout_seconds)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._admin.close()
        if isinstance(error, KafkaError | OSError):
            raise BrokerUnavailableError(self._kafka, str(error) or type(error).__name__) from error

    def topics(self) -> frozenset[str]:
        """The names of all topics."""
        return frozenset(self._admin.list_topics())

    def cluster_id(self) -> str:
        """The name that the cluster gave itself."""
        return str(self._admin.describe_cluster()["cluster_id"])

    def racks(self) -> dict[int, str | None]:
        """The brokers that are there now, each with its rack."""
        return {broker["broker_id"]: broker["rack"] for broker in self._admin.describe_cluster()["brokers"]}

    def replicas(self, topics: Iterable[str]) -> list[Replicas]:
        """Who holds every partition of those of `topics` that exist."""
        asked = frozenset(topics)
        # All topics, for asking for one by name makes some brokers create it.
        described = [topic for topic in self._admin.describe_topics() if topic["name"] in asked]
        least = self._least_in_sync(described)
        return [
            Replicas(
                Partition(topic["name"], one["partition_index"]),
                leader=one["leader_id"] if one["leader_id"] >= 0 else None,
                brokers=tuple(one["replica_nodes"]),
                in_sync=tuple(one["isr_nodes"]),
                least=least.get(topic["name"], 1),
            )
            for topic in described
            for one in topic["partitions"]
        ]

    def _least_in_sync(self, described: list[dict[str, Any]]) -> dict[str, int]:
        """How many have to be in sync to write to the topics of which a replica is not."""
        lacking = [
            topic["name"]
            for topic in described
            if any(len(one["isr_nodes"]) < len(one["replica_nodes"]) for one in topic["partitions"])
        ]
        configs = self.configs(lacking) if lacking else {}
        return {topic: int(config.get("min.insync.replicas", 1)) for topic, config in configs.items()}

    def begin_offsets(self, topics: Iterable[str]) -> Offsets:
        """The offset of the oldest record kept, of every partition of `topics`."""
        with _consumer(self._options) as consumer:
            return _named(consumer.beginning_offsets(_partitions(consumer, topics)))

    def end_offsets(self, topics: Iterable[str]) -> Offsets:
        """The offset that the next record will get, of every partition of `topics`.

        Taken from the answer to a fetch of the last batch: the embedded broker's list of latest offsets points
        behind the first record of that batch. Raises `KafkaError`.
        """
        with _consumer(self._options) as consumer:
            partitions = _partitions(consumer, topics)
            ends: dict[TopicPartition, int] = consumer.end_offsets(partitions)
            begins = consumer.beginning_offsets(partitions)
            filled = [partition for partition in partitions if begins[partition] < ends[partition]]
            ends.update(_high_waters(consumer, filled, ends))
            return _named(ends)

    def configs(self, topics: Iterable[str]) -> dict[str, dict[str, str]]:
        """The settings of each topic; none of a topic, or at all, where the broker does not tell them."""
        asked = [ConfigResource(ConfigResourceType.TOPIC, topic, None) for topic in topics]
        try:
            answer = self._admin.describe_configs(asked, config_filter="all")
        except (KafkaError, KeyError, ValueError):
            return {}
        found: dict[str, dict[str, Any]] = next(iter(answer.values()), {})
        return {topic: {name: str(entry["value"]) for name, entry in config.items()} for topic, config in found.items()}

    def committed(self, group: str) -> Offsets:
        """The offsets that `group` committed; empty where it never did."""
        answer = self._ask_coordinator(self._admin.list_group_offsets, group)
        return _named({partition: kept.offset for partition, kept in answer.items() if kept.offset >= 0})

    def assigned_members(self, group: str) -> int:
        """How many consumers hold partitions of `group` now; 0 while it rebalances."""
        description = self._ask_coordinator(self._admin.describe_groups, group)
        return len(description["members"]) if description["group_state"] == "Stable" else 0

    def _ask_coordinator(self, question: Callable[[list[str]], dict[str, Any]], group: str) -> Any:
        # A new broker has no coordinator until the first one asks for it.
        retrying = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, KafkaError) and bool(error.retriable)),
            stop=stop_after_delay(self._timeout_seconds),
            wait=wait_fixed(0.2),
            reraise=True,
        )
        return retrying(question, [group])[group]


def _consumer(options: dict[str, Any]) -> closing[Any]:
    """A consumer without a group, closed at the end of the block."""
    return closing(
        TolerantConsumer(
            **options,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="latest",
            fetch_max_wait_ms=100,
        )
    )


def _partitions(consumer: Any, topics: Iterable[str]) -> list[TopicPartition]:
    return [
        TopicPartition(topic, index) for topic in sorted(topics) for index in consumer.partitions_for_topic(topic) or ()
    ]


def _high_waters(
    consumer: Any, partitions: list[TopicPartition], ends: dict[TopicPartition, int]
) -> dict[TopicPartition, int]:
    consumer.assign(partitions)
    for partition in partitions:
        consumer.seek(partition, ends[partition] - 1)
    found: dict[TopicPartition, int] = {}
    deadline = time.monotonic() + _FETCH_SECONDS
    while len(found) < len(partitions) and time.monotonic() < deadline:
        consumer.poll(timeout_ms=100)
        found = {tp: mark for tp in partitions if (mark := consumer.highwater(tp)) is not None}
    if len(found) < len(partitions):
        missing = next(partition for partition in partitions if partition not in found)
        raise KafkaError(f"no answer to a fetch of {missing.topic}:{missing.partition} in {_FETCH_SECONDS:.0f} s")
    return found


def _named(offsets: dict[TopicPartition, int]) -> dict[Partition, int]:
    return {Partition(partition.topic, partition.partition): offset for partition, offset in offsets.items()}
