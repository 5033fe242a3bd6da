"""Every record is found, whatever its producer called its headers; a real one may send any bytes."""

from __future__ import annotations

import pytest
from kafka import KafkaProducer

from omnitrack.audit.account import Range
from omnitrack.audit.records import RecordFinder
from omnitrack.offsets import Partition
from tests.omnitrack.kafka_group import OddName, deployment
from tests.support.brokers import Broker


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_a_header_whose_name_is_no_text_hides_no_record(
    broker: Broker, topic_prefix: str, compression: str | None
) -> None:
    atm = deployment(broker.bootstrap, topic_prefix).topics.touchpoints("atm")
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, compression_type=compression)
    for batch in range(3):
        for name in ("trace", OddName("odd"), "trace"):
            producer.send(atm, b"%d" % batch, headers=[(name, b"\xff"), ("more", b"")], partition=0)
        producer.flush()
    producer.close()
    place = Partition(atm, 0)
    with RecordFinder(broker.bootstrap) as finder:
        assert list(finder.records_in(place, Range(1, 3))) == [1, 2, 3]
        assert list(finder.records_in(place, Range(4, 4))) == [4]
        assert list(finder.records_in(place, Range(7, 8))) == [7, 8]
