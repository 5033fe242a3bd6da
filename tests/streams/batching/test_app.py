"""A batch app's worker on real brokers: what was not acknowledged comes again, and what cannot go on exits."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from omnitrack.broker_reader import BrokerReader
from tests.streams.worker import GIVE_UP_SECONDS, eventually
from tests.support.brokers import Broker
from tests.support.child import Child

Start = Callable[[str], Child]


@pytest.fixture
def topic(broker: Broker) -> str:
    name = f"odd-{uuid.uuid4().hex[:8]}"
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.create_topics([NewTopic(name, 1, 1)])
    admin.close()
    return name


@pytest.fixture
def start(broker: Broker, topic: str, tmp_path: Path) -> Start:
    def spawn(way: str) -> Child:
        settings = [f"ODD_KAFKA={broker.bootstrap}", f"ODD_TOPIC={topic}", f"ODD_WAY={way}"]
        faust = [sys.executable, "-m", "faust", "-A", "tests.streams.batching.odd_app", "worker", "--without-web"]
        return Child.spawn("worker", ["/usr/bin/env", *settings, *faust, "-l", "info"], tmp_path / f"{way}.log")

    return spawn


def send(broker: Broker, topic: str, count: int) -> None:
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap)
    for number in range(count):
        producer.send(topic, str(number).encode(), partition=0)
    producer.flush()
    producer.close()


def committed(broker: Broker, topic: str) -> int:
    with BrokerReader(broker.bootstrap, GIVE_UP_SECONDS) as reader:
        return sum(reader.committed(f"{topic}-app").values())


def took(child: Child, batch: str) -> bool:
    return f"took {batch}" in child.log.read_text()


def test_a_batch_behind_one_that_is_not_acknowledged_is_not_committed(broker: Broker, topic: str, start: Start) -> None:
    send(broker, topic, 2)
    gap = start("gap")
    try:
        eventually("the first batch", lambda: took(gap, "0-1"), gap)
        send(broker, topic, 3)
        eventually("the second batch", lambda: took(gap, "2-"), gap)
    finally:
        gap.terminate()
    assert committed(broker, topic) == 0
    good = start("good")
    try:
        eventually("all committed", lambda: committed(broker, topic) == 5, good)
    finally:
        good.terminate()
    assert took(good, "0-")


def test_told_to_end_it_finishes_the_batch_in_work_and_begins_no_other(
    broker: Broker, topic: str, start: Start
) -> None:
    send(broker, topic, 2)
    slow = start("slow")
    try:
        eventually("the first batch", lambda: took(slow, "0-1"), slow)
        send(broker, topic, 3)
        slow.process.terminate()
        assert slow.process.wait(GIVE_UP_SECONDS) == 0
    finally:
        slow.kill()
    assert committed(broker, topic) == 2
    assert not took(slow, "2-")


def test_a_handler_that_keeps_failing_ends_the_process_and_its_batch_stays(
    broker: Broker, topic: str, start: Start
) -> None:
    send(broker, topic, 2)
    worker = start("fail")
    assert worker.process.wait(GIVE_UP_SECONDS) != 0
    assert "the store is away" in worker.log.read_text()
    assert committed(broker, topic) == 0


def test_work_that_makes_no_progress_ends_the_process(broker: Broker, topic: str, start: Start) -> None:
    send(broker, topic, 2)
    worker = start("hang")
    assert worker.process.wait(GIVE_UP_SECONDS) != 0
    assert "without any progress" in worker.log.read_text()
