"""Creates the topics of a deployment, and refuses topics that do not fit it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code
from tenacity import AsyncRetrying, stop_after_delay, wait_fixed

from schemas.durations import DAY
from schemas.kafka_security import client_options
from schemas.topics import Topics, TopicSpec
from streams.settings import AUTO, Replication

DEAD_LETTER_BYTES = 8 * 1024 * 1024
"""A dead letter holds what was refused in base64, be it the largest record that a broker takes by default."""

COMPACTED_WITHIN_MS = DAY
"""How long a record of a changelog may stay that another one of its key has replaced."""

REPLICAS = 3
"""As many copies as survive the loss of a broker while another one is being maintained."""

IN_SYNC = 2
"""How many of them hold a record before it counts as written."""

POLICY, COMPACT = "cleanup.policy", "compact"
STAMPED_BY, BROKER = "message.timestamp.type", "LogAppendTime"

VISIBLE_SECONDS = 20.0


Configs = Mapping[str, str]


class TopicsInvisible(Exception):
    """Topics were created, and the brokers still did not know of them after a while."""


class TopicMismatch(Exception):
    """Topics that exist are not as the deployment needs them; one line per topic says what to do."""


async def ensure_topics(kafka: str, topics: Topics, *, partitions: int, replication: Replication) -> list[str]:
    """Create what is missing of the topics; returns the names of those it created, and may run many times at once.

    With three replicas or more a record counts as written when two brokers hold it.
    Raises `TopicMismatch` if an existing topic has another partition count, holds states and is not compacted only, or
    takes touchpoints and not the broker's clock, and the driver's `KafkaError` if the broker cannot be reached or
    refuses a topic, or does not show it in time (`TopicsInvisible`).
    """
    admin = AIOKafkaAdminClient(**client_options(kafka))
    await admin.start()
    try:
        existing = await _partition_counts(admin)
        check_partition_counts(topics.all, existing, partitions)
        created: list[str] = []
        if missing := [spec for spec in topics.all if spec.name not in existing]:
            replicas = replicas_for(replication, len((await admin.describe_cluster())["brokers"]))
            created = await _create(admin, missing, topics, partitions, replicas)
            check_partition_counts(topics.all, await _once_visible(admin, missing), partitions)
        states = [spec.name for spec in topics.all if spec.cleanup == COMPACT]
        configs = await _configs(admin, [*states, *topics.inputs])
        check_configs({name: configs[name] for name in states}, {name: configs[name] for name in topics.inputs})
        return created
    finally:
        await admin.close()


def replicas_for(replication: Replication, brokers: int) -> int:
    """How many copies a topic has: as many as asked for, or what this many brokers can hold of three."""
    return min(REPLICAS, max(brokers, 1)) if replication == AUTO else replication


def check_partition_counts(specs: Iterable[TopicSpec], existing: Mapping[str, int], partitions: int) -> None:
    """Raise `TopicMismatch` unless every topic of `specs` that exists has `partitions` partitions."""
    wrong = [
        f"topic {spec.name} has {existing[spec.name]} partitions, not {partitions}: set OMNITRACK_PARTITIONS to"
        f" {existing[spec.name]}, or delete the topic, or take another OMNITRACK_TOPIC_PREFIX"
        for spec in specs
        if existing.get(spec.name, partitions) != partitions
    ]
    if wrong:
        raise TopicMismatch("\n".join(wrong))


def check_configs(states: Mapping[str, Configs], inputs: Mapping[str, Configs]) -> None:
    """Raise `TopicMismatch` unless states are compacted and no more, and the broker tells when touchpoints came.

    By a producer's clock, `clock_ahead` and the time of receipt would be judged anew, and otherwise, in each replay.
    """
    wrong = [
        *(
            f"topic {name} holds states and has {POLICY} {configs[POLICY]}, which deletes them with time:"
            f" {_set(name, POLICY, COMPACT)}"
            for name, configs in states.items()
            if configs.get(POLICY, COMPACT) != COMPACT
        ),
        *(
            f"topic {name} takes touchpoints and has {STAMPED_BY} {configs[STAMPED_BY]}, by which a replay tells"
            f" another time of receipt: {_set(name, STAMPED_BY, BROKER)}"
            for name, configs in inputs.items()
            if configs.get(STAMPED_BY, BROKER) != BROKER
        ),
    ]
    if wrong:
        raise TopicMismatch("\n".join(wrong))


def _set(topic: str, name: str, value: str) -> str:
    return (
        f"set it to {value} (kafka-configs.sh --alter --entity-type topics --entity-name {topic}"
        f" --add-config {name}={value})"
    )


async def _configs(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, Configs]:
    """The configuration of each topic, as far as the broker tells it."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    answers: list[Any] = [answer.to_object() for answer in await admin.describe_configs(asked)]
    told = {
        topic["resource_name"]: {entry["config_names"]: entry["config_value"] for entry in topic["config_entries"]}
        for answer in answers
        for topic in answer["resources"]
    }
    return {name: told.get(name, {}) for name in names}


async def _partition_counts(admin: AIOKafkaAdminClient) -> dict[str, int]:
    # All topics, for asking for one by name makes some brokers create it.
    return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}


async def _once_visible(admin: AIOKafkaAdminClient, specs: list[TopicSpec]) -> dict[str, int]:
    """Brokers learn of a new topic one after the other: who reads it at once would find nothing."""
    async for attempt in AsyncRetrying(stop=stop_after_delay(VISIBLE_SECONDS), wait=wait_fixed(0.1), reraise=True):
        with attempt:
            existing = await _partition_counts(admin)
            invisible = [spec.name for spec in specs if spec.name not in existing]
            if invisible:
                raise TopicsInvisible(f"{', '.join(invisible)}: created, but the brokers do not show them yet")
    return existing


async def _create(
    admin: AIOKafkaAdminClient, specs: list[TopicSpec], topics: Topics, partitions: int, replicas: int
) -> list[str]:
    new = [
        NewTopic(spec.name, partitions, replicas, topic_configs=topic_configs(spec, topics, replicas)) for spec in specs
    ]
    response: Any = await admin.create_topics(new, timeout_ms=30_000)
    created = []
    for name, code, message in response.topic_errors:
        if code == 0:
            created.append(name)
        elif code != TopicAlreadyExistsError.errno:
            raise for_code(code)(f"topic {name} cannot be created: {message}")
    return created


def topic_configs(spec: TopicSpec, topics: Topics, replicas: int) -> dict[str, str]:
    """The configuration a topic of this many replicas is created with."""
    configs = {POLICY: spec.cleanup}
    if replicas >= REPLICAS:
        configs["min.insync.replicas"] = str(IN_SYNC)
    if spec.name in topics.inputs:
        # The broker's clock tells when a touchpoint was received: the same for every replay, and no producer's word.
        configs[STAMPED_BY] = BROKER
    if spec.name == topics.dead:
        configs["max.message.bytes"] = str(DEAD_LETTER_BYTES)
    if spec.cleanup == COMPACT:
        # What was deleted has to go in a time that can be told: the broker's own limit is none at all.
        configs["max.compaction.lag.ms"] = str(COMPACTED_WITHIN_MS)
    return configs
