"""What the broker does not take is not acknowledged, and is written as soon as it does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from omnitrack.broker_reader import BrokerReader
from schemas.rows import TouchpointRow
from schemas.topics import Topics
from tests.streams.worker import Deployment, eventually, touchpoint
from tests.support.brokers import Broker

TOUCHPOINTS = 50
REFUSALS = 4
"""The waits between them, 0.7 s together, are longer than from one commit to the next."""
AN_HOUR_AGO = (datetime.now(UTC) - timedelta(hours=1)).isoformat()


@pytest.fixture
def deployment(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> Deployment:
    made = Deployment(apache_kafka, Topics(topic_prefix), tmp_path)
    made.create_topics()
    return made


def let_records_be(deployment: Deployment, topic: str, greatest: int) -> None:
    """Set the size of the largest record batch that the topic takes."""
    admin = KafkaAdminClient(bootstrap_servers=deployment.broker.bootstrap)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": str(greatest)})])
    admin.close()


def publish(deployment: Deployment, when: str) -> int:
    return deployment.publish(touchpoint(f"{when}-{one}", f"C-{one}", AN_HOUR_AGO) for one in range(TOUCHPOINTS))


def committed(deployment: Deployment, topic: str) -> int:
    with BrokerReader(deployment.broker.bootstrap) as reader:
        return sum(offset for place, offset in reader.committed(deployment.group).items() if place.topic == topic)


@pytest.mark.parametrize(("refusing", "input_"), [("state", "customer"), ("stitched", "customer"), ("customer", "")])
def test_an_input_is_acknowledged_only_once_all_that_it_leads_to_is_written(
    deployment: Deployment, refusing: str, input_: str
) -> None:
    topics = deployment.topics
    read = f"{topics.prefix}{input_}" if input_ else topics.touchpoints("wechat")
    with deployment.worker() as worker:
        deployment.done(publish(deployment, "before"), worker)
        before = committed(deployment, read)
        let_records_be(deployment, f"{topics.prefix}{refusing}", 1)
        publish(deployment, "after")
        eventually("refusals", lambda: worker.log.read_text().count("will retry") >= REFUSALS, worker)
        assert committed(deployment, read) == before
        let_records_be(deployment, f"{topics.prefix}{refusing}", 1_000_000)
        deployment.done(2 * TOUCHPOINTS, worker)
    rows = [msgspec.msgpack.decode(value, type=TouchpointRow) for _, _, value in deployment.read(topics.stitched)]
    expected = {f"{when}-{one}" for when in ("before", "after") for one in range(TOUCHPOINTS)}
    assert {row.touchpoint.event_id for row in rows} == expected
