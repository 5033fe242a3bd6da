"""Topics are created once, as the deployment needs them; one that does not fit is refused."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from schemas.topics import Topics
from streams.provision import TopicMismatch, check_configs, ensure_topics
from tests.support.brokers import Broker


def ensure(broker: Broker, topics: Topics, partitions: int) -> list[str]:
    return asyncio.run(ensure_topics(broker.bootstrap, topics, partitions=partitions, replication=1))


def test_all_topics_are_created_and_a_second_time_none(broker: Broker, topic_prefix: str) -> None:
    topics = Topics(topic_prefix)
    assert set(ensure(broker, topics, 2)) == {spec.name for spec in topics.all}
    assert ensure(broker, topics, 2) == []


def test_only_what_is_missing_is_created(broker: Broker, topic_prefix: str) -> None:
    ensure(broker, Topics(topic_prefix), 2)
    more = Topics(topic_prefix, (*Topics().channels, "mail"))
    assert ensure(broker, more, 2) == [more.touchpoints("mail")]


def test_another_partition_count_is_refused_with_what_to_do(broker: Broker, topic_prefix: str) -> None:
    topics = Topics(topic_prefix)
    ensure(broker, topics, 2)
    with pytest.raises(TopicMismatch, match=f"topic {topics.state} has 2 partitions, not 3: set OMNITRACK_PARTITIONS"):
        ensure(broker, topics, 3)


def test_states_in_a_topic_that_forgets_with_time_are_refused_with_what_to_do(
    broker: Broker, topic_prefix: str
) -> None:
    topics = Topics(topic_prefix)
    create(broker, NewTopic(topics.state, 2, 1, topic_configs={"cleanup.policy": "delete"}))
    told = f"topic {topics.state} holds states and has cleanup.policy delete, .* --add-config cleanup.policy=compact"
    with pytest.raises(TopicMismatch, match=told):
        ensure(broker, topics, 2)


def test_touchpoints_that_producers_stamp_are_refused_with_what_to_do(broker: Broker, topic_prefix: str) -> None:
    topics = Topics(topic_prefix)
    atm = topics.touchpoints("atm")
    create(broker, NewTopic(atm, 2, 1, topic_configs={"message.timestamp.type": "CreateTime"}))
    told = f"topic {atm} takes touchpoints and has message.timestamp.type CreateTime, .*: set it to LogAppendTime"
    with pytest.raises(TopicMismatch, match=told) as refused:
        ensure(broker, topics, 2)
    assert f"--entity-name {atm} --add-config message.timestamp.type=LogAppendTime" in str(refused.value)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(TopicMismatch) as refused:
        check_configs(
            {"state": {"cleanup.policy": "delete"}, "told nothing": {}},
            {"atm": {"message.timestamp.type": "CreateTime"}, "branch": {"message.timestamp.type": "LogAppendTime"}},
        )
    assert [line.split()[1] for line in str(refused.value).splitlines()] == ["state", "atm"]


def test_two_may_create_at_once(broker: Broker, topic_prefix: str) -> None:
    topics = Topics(topic_prefix)

    async def both() -> list[list[str]]:
        one = ensure_topics(broker.bootstrap, topics, partitions=2, replication=1)
        other = ensure_topics(broker.bootstrap, topics, partitions=2, replication=1)
        return list(await asyncio.gather(one, other))

    created = [name for names in asyncio.run(both()) for name in names]
    assert sorted(created) == sorted(spec.name for spec in topics.all)


def test_state_is_compacted_only_and_the_broker_stamps_what_channels_write(broker: Broker, topic_prefix: str) -> None:
    topics = Topics(topic_prefix)
    ensure(broker, topics, 2)
    assert config(broker, topics.state, "cleanup.policy") == "compact"
    assert config(broker, topics.touchpoints("atm"), "message.timestamp.type") == "LogAppendTime"


def create(broker: Broker, topic: NewTopic) -> None:
    async def created() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
        await admin.start()
        try:
            await admin.create_topics([topic])
        finally:
            await admin.close()

    asyncio.run(created())


def config(broker: Broker, topic: str, name: str) -> str:
    async def describe() -> str:
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
        await admin.start()
        try:
            [response] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
            entries = response.to_object()["resources"][0]["config_entries"]
            return next(str(entry["config_value"]) for entry in entries if entry["config_names"] == name)
        finally:
            await admin.close()

    return asyncio.run(describe())
