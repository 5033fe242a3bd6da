"""`omnitrack copy` as an operator runs it, on real brokers."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from typer.testing import CliRunner, Result

from omnitrack.broker_reader import BrokerReader
from omnitrack.cli import app
from omnitrack.copying.run import COPIED_FROM
from omnitrack.sending import RecordSender
from schemas.topics import Topics
from tests.omnitrack.kafka_group import OddName
from tests.sources.touchpoints import make_topics
from tests.support.brokers import Broker

BINARY = [("ce_id", b"7e0c"), ("ce_source", b"/callcentre"), (OddName("x"), b"odd"), ("tracestate", b"")]
AVRO = b"\x00\x00\x00\x00\x07\x02\xff\x00"
SENT: list[tuple[str, bytes | None, bytes | None, list[tuple[str, bytes]]]] = [
    ("wechat", b"C-1", b'{"plain": "json"}', []),
    ("wechat", None, b'{"binary": "event"}', BINARY),
    ("hotline", b"\xff\x00", AVRO, []),
    ("hotline", b"C-1", None, []),
    ("hotline", None, b"", [("x", b"\x00\xff"), ("x", b"twice")]),
]


class Copying:
    """Two deployments on one broker: `old` of two partitions, `new` of four."""

    def __init__(self, broker: Broker, prefix: str) -> None:
        self.kafka = broker.bootstrap
        self.old, self.new = Topics(prefix, ("wechat", "hotline")), Topics(f"new-{prefix}", ("wechat", "hotline"))
        make_topics(self.kafka, self.old.inputs, partitions=2)
        make_topics(self.kafka, self.new.inputs, partitions=4)
        self._producer = KafkaProducer(bootstrap_servers=self.kafka)

    def send(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Sequence[Any] = (), **more: int
    ) -> None:
        self._producer.send(topic, value, key, list(headers), **more).get(timeout=30)

    def environment(self, into: Topics) -> dict[str, str]:
        own = {"OMNITRACK_KAFKA": self.kafka, "OMNITRACK_TOPIC_PREFIX": into.prefix, "OMNITRACK_DATA_DIR": "nowhere"}
        return {name: value for name, value in os.environ.items() if not name.startswith("OMNITRACK_")} | own

    def copy(self, *options: str, back: bool = False) -> Result:
        source, target = (self.new, self.old) if back else (self.old, self.new)
        command = ["copy", "--from-prefix", source.prefix, *options]
        return CliRunner().invoke(app, command, env=self.environment(target))

    def records(self, topics: Topics) -> list[Any]:
        """All records of the topics, each partition's in their order."""
        consumer = KafkaConsumer(bootstrap_servers=self.kafka)
        with BrokerReader(self.kafka) as reader:
            ends = {TopicPartition(*place): end for place, end in reader.end_offsets(topics.inputs).items()}
        consumer.assign(list(ends))
        consumer.seek_to_beginning()
        found: list[Any] = []
        while any(consumer.position(place) < end for place, end in ends.items()):
            found += [record for records in consumer.poll(timeout_ms=500).values() for record in records]
        consumer.close()
        return found

    def close(self) -> None:
        self._producer.close()


@pytest.fixture
def copying(broker: Broker, topic_prefix: str) -> Iterator[Copying]:
    made = Copying(broker, topic_prefix)
    yield made
    made.close()


@pytest.fixture
def embedded(embedded_broker: Broker, topic_prefix: str) -> Iterator[Copying]:
    made = Copying(embedded_broker, topic_prefix)
    yield made
    made.close()


def shown(record: Any) -> tuple[object, ...]:
    headers = [header for header in record.headers if header[0] != COPIED_FROM]
    return (record.topic.rpartition(".")[2], record.key, record.value, headers, record.timestamp)


def test_a_record_keeps_key_value_headers_and_time_and_goes_to_the_partition_of_its_key(copying: Copying) -> None:
    for at, (channel, key, value, headers) in enumerate(SENT):
        copying.send(copying.old.touchpoints(channel), key, value, headers, timestamp_ms=1_700_000_000_000 + at)
    done = copying.copy()
    assert done.exit_code == 0, done.output
    assert f"acknowledged by Kafka: {len(SENT)} in" in done.stdout
    sent, copied = copying.records(copying.old), copying.records(copying.new)
    assert sorted(map(shown, copied), key=repr) == sorted(map(shown, sent), key=repr)
    assert len({record.partition for record in copied if record.key == b"C-1"}) == 1


def test_a_next_run_copies_what_came_since_and_again_copies_all(copying: Copying) -> None:
    topic = copying.old.touchpoints("wechat")
    for number in range(3):
        copying.send(topic, None, b"%d" % number, partition=number % 2)
    assert "acknowledged by Kafka: 3 in" in copying.copy().stdout
    copying.send(topic, None, b"3", partition=1)
    assert "acknowledged by Kafka: 1 in" in copying.copy().stdout
    assert "acknowledged by Kafka: 0 in" in copying.copy().stdout
    assert "acknowledged by Kafka: 4 in" in copying.copy("--again").stdout
    assert sorted(record.value for record in copying.records(copying.new)) == sorted([b"0", b"1", b"2", b"3"] * 2)


def test_copying_back_leaves_out_what_came_from_there(copying: Copying) -> None:
    copying.send(copying.old.touchpoints("wechat"), b"C-1", b"old")
    copying.copy()
    copying.send(copying.new.touchpoints("wechat"), b"C-1", b"new")
    back = copying.copy(back=True)
    assert "acknowledged by Kafka: 1 in" in back.stdout
    assert "left out, for they came from there: 1" in back.stdout
    assert [record.value for record in copying.records(copying.old)] == [b"old", b"new"]
    assert "acknowledged by Kafka: 0 in" in copying.copy().stdout, "nor does it come back a second time"


def test_records_are_copied_in_the_order_of_their_receipt(embedded: Copying) -> None:
    for number in range(40):
        channel = "wechat" if number % 3 else "hotline"
        embedded.send(
            embedded.old.touchpoints(channel), b"C-1", b"%d" % number, timestamp_ms=1_700_000_000_000 + number
        )
    embedded.copy()
    copied = embedded.records(embedded.new)
    in_order = sorted(copied, key=lambda record: int(record.value))
    assert len(copied) == 40
    assert [record.offset for record in in_order if record.topic.endswith("wechat")] == list(range(26))


def test_one_channel_is_copied_alone(embedded: Copying) -> None:
    for channel in ("wechat", "hotline"):
        embedded.send(embedded.old.touchpoints(channel), None, channel.encode())
    done = embedded.copy("--channel", "hotline")
    assert done.exit_code == 0, done.output
    assert [record.value for record in embedded.records(embedded.new)] == [b"hotline"]


def test_ctrl_c_ends_with_all_that_was_read_acknowledged_and_a_next_run_goes_on(
    embedded: Copying, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(10):
        embedded.send(embedded.old.touchpoints("wechat"), None, b"%d" % number)
    send, sent = RecordSender.send, 0

    def press_ctrl_c_at_the_fourth(self: RecordSender, *arguments: Any, **more: Any) -> None:
        nonlocal sent
        sent += 1
        if sent == 4:
            signal.raise_signal(signal.SIGINT)
        send(self, *arguments, **more)

    monkeypatch.setattr(RecordSender, "send", press_ctrl_c_at_the_fourth)
    done = embedded.copy()
    assert done.exit_code == 130, done.output
    assert done.stdout.startswith("interrupted, run it again to go on; ")
    assert "acknowledged by Kafka: 4 in" in done.stdout
    assert len(embedded.records(embedded.new)) == 4
    assert "acknowledged by Kafka: 6 in" in embedded.copy().stdout


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--from-prefix", "nobody."), "there are no topics nobody.touchpoints.* at"),
        (("--channel", "kiosk"), "there is no channel kiosk in"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(embedded: Copying, options: tuple[str, str], why: str) -> None:
    done = embedded.copy(*options)
    assert done.exit_code == 2
    assert done.stderr.startswith("copy: ")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
