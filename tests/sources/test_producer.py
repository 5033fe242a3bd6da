"""Whoever writes from outside the streams writes durably, by one producer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from omnitrack.ports import free_port
from omnitrack.sending import RecordSender
from schemas.topics import Topics
from sources.producer import BrokerAway, connect_producer
from sources.publisher import Publisher
from sources.settings import PublisherSettings
from sources.simulator.senders import RawSender
from tests.support.brokers import Broker

WRITERS: dict[str, Callable[[str], Any]] = {
    "publish": lambda kafka: Publisher(PublisherSettings(kafka=kafka)),
    "simulate": lambda kafka: RawSender(kafka, Topics()),
    "commands": RecordSender,
}


@pytest.mark.parametrize("writer", WRITERS)
def test_all_replicas_in_sync_hold_a_record_once_before_it_counts(embedded_broker: Broker, writer: str) -> None:
    with closing(WRITERS[writer](embedded_broker.bootstrap)._producer) as producer:
        config = producer.config
    assert config["acks"] in ("all", -1)
    assert config["enable_idempotence"] is True
    assert config["compression_type"] is None
    assert config["allow_auto_create_topics"] is False


def test_a_broker_that_is_away_is_told_with_its_cause_in_one_line() -> None:
    with pytest.raises(BrokerAway, match="Connect call failed") as away:
        connect_producer(f"127.0.0.1:{free_port()}", answer_seconds=0.5, delivery_seconds=2.0)
    assert "\n" not in str(away.value)
