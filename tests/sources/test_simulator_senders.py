"""Deliveries reach their channel's topic, or their file, byte for byte; what does not arrive is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from kafka import KafkaConsumer

from omnitrack.ports import free_port
from schemas.catalogue import Catalogue
from schemas.durations import DAY
from schemas.topics import BUILT_IN_CHANNELS, Topics
from sources.simulator import Delivery, Plan, Simulation
from sources.simulator.conductor import Conductor
from sources.simulator.senders import FileSender, RawSender, SendFailedError
from tests.sources.touchpoints import make_topics
from tests.support.brokers import Broker

NOW = 1_795_500_000_000
PLAN = Plan(since=NOW - DAY, customers=60, dirt=0.2)


def play() -> list[Delivery]:
    simulation = Simulation(PLAN, Catalogue())
    return [*simulation.advance(NOW), *simulation.finish(NOW)]


def play_to(sender: FileSender | RawSender) -> Conductor:
    conductor = Conductor(Simulation(PLAN, Catalogue()), sender)
    conductor.play_history(NOW)
    conductor.finish()
    return conductor


def consume(kafka: str, topic: str, expected: int) -> list[tuple[bytes, bytes]]:
    consumer = KafkaConsumer(topic, bootstrap_servers=kafka, group_id=None, auto_offset_reset="earliest")
    try:
        records: list[tuple[bytes, bytes]] = []
        for _ in range(100):
            for fetched in consumer.poll(timeout_ms=200).values():
                records += [(record.key, record.value) for record in fetched]
            if len(records) >= expected:
                break
        return records
    finally:
        consumer.close()


def test_each_topic_gets_its_channels_records_in_order_junk_and_all(broker: Broker, topic_prefix: str) -> None:
    topics = Topics(topic_prefix)
    make_topics(broker.bootstrap, topics.inputs, partitions=1)
    sender = RawSender(broker.bootstrap, topics)
    play_to(sender)
    sender.close()
    played = play()
    for channel in BUILT_IN_CHANNELS:
        expected = [(delivery.key, delivery.payload) for delivery in played if delivery.channel == channel]
        assert expected
        assert consume(broker.bootstrap, topics.touchpoints(channel), len(expected)) == expected


def test_a_broker_that_is_away_is_told_in_one_line() -> None:
    kafka = f"127.0.0.1:{free_port()}"
    with pytest.raises(SendFailedError, match=kafka) as failure:
        RawSender(kafka, Topics(), answer_seconds=0.5)
    assert "\n" not in str(failure.value)


def test_a_missing_topic_is_named(apache_kafka: Broker, topic_prefix: str) -> None:
    # The embedded broker makes a topic that is written to.
    sender = RawSender(apache_kafka.bootstrap, Topics(topic_prefix), answer_seconds=0.5)
    try:
        with pytest.raises(SendFailedError, match=f"{topic_prefix}touchpoints"):
            play_to(sender)
    finally:
        sender.close()


def test_a_file_has_one_record_a_line(tmp_path: Path) -> None:
    sender = FileSender(tmp_path / "touchpoints.jsonl")
    conductor = play_to(sender)
    sender.close()
    lines = (tmp_path / "touchpoints.jsonl").read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert lines == [delivery.payload for delivery in play()]
    assert len(lines) == conductor.sent


def test_a_stopped_play_sends_what_had_happened_by_then_and_no_more(tmp_path: Path) -> None:
    sender = FileSender(tmp_path / "touchpoints.jsonl")
    conductor = Conductor(Simulation(PLAN, Catalogue()), sender)
    conductor.stop.set()
    conductor.play_history(NOW)
    conductor.finish()
    sender.close()
    assert 1 <= conductor.sent < len(play()) / 4
    assert conductor.played_until < NOW
