"""The publisher on real brokers: what it accepts arrives, in order for each customer, or is told of."""

from __future__ import annotations

import json

import pytest

from omnitrack.ports import free_port
from schemas.refusal import Refusal
from sources import publisher as module
from sources.publisher import Accepted, DeliveryError, Publisher
from sources.settings import PublisherSettings
from tests.sources.touchpoints import make_topics, records_on, touchpoint
from tests.support.apache_kafka import ApacheKafka
from tests.support.brokers import Broker


def settings(kafka: str, prefix: str, **seconds: float) -> PublisherSettings:
    return PublisherSettings.model_validate({"kafka": kafka, "topic_prefix": prefix, **seconds})


def topic(prefix: str) -> str:
    return f"{prefix}touchpoints.mobile_app"


def test_touchpoints_arrive_byte_for_byte_and_in_order_for_each_customer(broker: Broker, topic_prefix: str) -> None:
    make_topics(broker.bootstrap, [topic(topic_prefix)])
    sent = [touchpoint(str(number), f"C{number % 7}") for number in range(2_000)]
    payloads = [json.dumps(one, indent=number % 2).encode() for number, one in enumerate(sent)]
    with Publisher(settings(broker.bootstrap, topic_prefix)) as publisher:
        assert all(isinstance(publisher.send(payload), Accepted) for payload in payloads)
    assert publisher.delivered == 2_000

    arrived = records_on(broker.bootstrap, topic(topic_prefix))
    assert all(arrived.values())
    for customer in {f"C{number}" for number in range(7)}:
        key = f"customer_no:{customer}".encode()
        (of_customer,) = [found for one in arrived.values() if (found := [value for k, value in one if k == key])]
        expected = [
            payload for one, payload in zip(sent, payloads, strict=True) if one["identities"]["customer_no"] == customer
        ]
        assert of_customer == expected


def test_a_refusal_goes_nowhere(embedded_broker: Broker, topic_prefix: str) -> None:
    make_topics(embedded_broker.bootstrap, [topic(topic_prefix)])
    with Publisher(settings(embedded_broker.bootstrap, topic_prefix)) as publisher:
        refused = publisher.send(touchpoint(stage="dream"))
        accepted = publisher.send(touchpoint())
    assert isinstance(refused, Refusal)
    assert isinstance(accepted, Accepted)
    arrived = records_on(embedded_broker.bootstrap, topic(topic_prefix))
    assert [value for one in arrived.values() for _, value in one] == [accepted.payload]


def test_flush_returns_once_all_is_acknowledged(embedded_broker: Broker, topic_prefix: str) -> None:
    make_topics(embedded_broker.bootstrap, [topic(topic_prefix)])
    with Publisher(settings(embedded_broker.bootstrap, topic_prefix)) as publisher:
        for number in range(500):
            publisher.send(touchpoint(str(number)))
        publisher.flush()
        assert publisher.delivered == 500


def test_sending_waits_while_too_many_are_under_way(
    embedded_broker: Broker, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_UNDER_WAY", 20)
    make_topics(embedded_broker.bootstrap, [topic(topic_prefix)])
    with Publisher(settings(embedded_broker.bootstrap, topic_prefix)) as publisher:
        for number in range(1, 101):
            publisher.send(touchpoint(str(number)))
            assert number - publisher.delivered <= 20
    assert publisher.delivered == 100


def test_a_broker_that_is_away_is_told_and_not_waited_for() -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(DeliveryError, match=f"Kafka at {address}: .*is the broker up"):
        Publisher(settings(address, "test.", answer_seconds=1))


def test_a_topic_that_is_missing_is_told_by_name(apache_kafka: Broker, topic_prefix: str) -> None:
    with (
        Publisher(settings(apache_kafka.bootstrap, topic_prefix)) as publisher,
        pytest.raises(DeliveryError, match=topic(topic_prefix)),
    ):
        publisher.send(touchpoint())


def test_a_broker_that_dies_takes_nothing_with_it_silently(own_apache_kafka: ApacheKafka) -> None:
    make_topics(own_apache_kafka.bootstrap, [topic("test.")])
    publisher = Publisher(settings(own_apache_kafka.bootstrap, "test.", delivery_seconds=6))
    publisher.send(touchpoint("1"))
    publisher.flush()
    own_apache_kafka.kill()
    publisher.send(touchpoint("2"))
    publisher.send(touchpoint("3"))
    with pytest.raises(DeliveryError, match="touchpoints not acknowledged: 2"):
        publisher.flush()
    with pytest.raises(DeliveryError):
        publisher.send(touchpoint("4"))
    with pytest.raises(DeliveryError):
        publisher.close()
    assert publisher.delivered == 1


def test_a_broker_that_returns_in_time_loses_nothing(own_apache_kafka: ApacheKafka) -> None:
    make_topics(own_apache_kafka.bootstrap, [topic("test.")])
    with Publisher(settings(own_apache_kafka.bootstrap, "test.", delivery_seconds=60)) as publisher:
        publisher.send(touchpoint("1"))
        publisher.flush()
        own_apache_kafka.kill()
        publisher.send(touchpoint("2"))
        own_apache_kafka.restart()
    arrived = records_on(own_apache_kafka.bootstrap, topic("test."))
    assert sorted(json.loads(value)["event_id"] for one in arrived.values() for _, value in one) == ["1", "2"]


def test_an_error_in_the_block_is_not_hidden_by_what_could_not_be_delivered(
    embedded_broker: Broker, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(publisher: Publisher) -> None:
        raise DeliveryError("touchpoints not acknowledged: 1")

    monkeypatch.setattr(Publisher, "flush", fail)
    with (
        pytest.raises(KeyError) as raised,
        Publisher(settings(embedded_broker.bootstrap, topic_prefix)),
    ):
        raise KeyError("the block's own")
    assert raised.value.__notes__ == ["touchpoints not acknowledged: 1"]
