from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from omnitrack.ports import free_port
from tests.sources.touchpoints import records_on
from tests.support import kafka_jars
from tests.support.apache_kafka import ApacheKafka
from tests.support.brokers import Broker
from tests.support.child import Child, ServerFailed
from tests.support.kafka_ready import await_broker, broker_answers


def write_one(bootstrap: str, topic: str, value: bytes) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
    producer.send(topic, value).get(timeout=60)
    producer.close()


def read_all(bootstrap: str, topic: str) -> list[bytes]:
    return [value for _, value in records_on(bootstrap, topic)[0]]


def ends_within(seconds: float, pid: int) -> bool:
    deadline = time.monotonic() + seconds
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_each_broker_gives_back_what_it_acknowledged(broker: Broker, topic_prefix: str) -> None:
    write_one(broker.bootstrap, f"{topic_prefix}echo", b"kept")

    assert read_all(broker.bootstrap, f"{topic_prefix}echo") == [b"kept"]


@pytest.mark.durable
def test_apache_kafka_keeps_what_it_acknowledged_when_it_is_killed(own_apache_kafka: ApacheKafka) -> None:
    write_one(own_apache_kafka.bootstrap, "kept", b"acknowledged")

    own_apache_kafka.kill()
    assert not broker_answers(own_apache_kafka.bootstrap)
    own_apache_kafka.restart()

    assert read_all(own_apache_kafka.bootstrap, "kept") == [b"acknowledged"]


def test_a_server_that_ends_while_starting_is_reported_with_its_log(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    child = Child.spawn("the server", ["sh", "-c", "echo no space left on device; exit 3"], log)

    with pytest.raises(ServerFailed, match=r"the server ended with exit code 3(.|\n)*no space left on device"):
        await_broker(child, f"127.0.0.1:{free_port()}", within=60.0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_a_server_dies_with_the_tests_that_started_it(tmp_path: Path) -> None:
    starts_one_and_crashes = (
        "import os, pathlib; from tests.support.child import Child; "
        f"child = Child.spawn('x', ['sleep', '600'], pathlib.Path({str(tmp_path / 'log')!r})); "
        "print(child.process.pid, flush=True); os._exit(1)"
    )
    done = subprocess.run([sys.executable, "-c", starts_one_and_crashes], capture_output=True, text=True, check=False)

    assert ends_within(60.0, int(done.stdout))


def test_without_java_the_reason_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(kafka_jars.ApacheKafkaUnavailable, match=r"`java` is not on the PATH: install it \(Java 17"):
        kafka_jars.require_apache_kafka()
