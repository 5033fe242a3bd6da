"""One Apache Kafka broker (KRaft) as a child process of the tests."""

from __future__ import annotations

import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from omnitrack.ports import LOOPBACK, free_port
from tests.support.child import Child
from tests.support.kafka_jars import java, kafka_jars
from tests.support.kafka_ready import await_broker

START_SECONDS = 120.0
LASTING = ("-Xmx512m", "-XX:+UseSerialGC", "-Xshare:auto")
"""Java compiles what runs long as well as it can, which takes some seconds of the processor."""
QUICK_START = (*LASTING, "-XX:TieredStopAtLevel=1")

LOGGING = """\
status = error
appender.out.type = Console
appender.out.name = OUT
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %c: %m%n
rootLogger.level = INFO
rootLogger.appenderRef.out.ref = OUT
"""


@dataclass(slots=True)
class ApacheKafka:
    """A broker that is also its own controller, on the loopback interface, with its data in `data_dir`.

    Topics are not created by use: who writes to one creates it first.
    """

    data_dir: Path
    port: int
    child: Child
    java_options: Sequence[str] = QUICK_START

    @classmethod
    def start(
        cls,
        data_dir: Path,
        port: int = 0,
        overrides: Mapping[str, str] | None = None,
        scram: Sequence[str] = (),
        java_options: Sequence[str] = QUICK_START,
    ) -> ApacheKafka:
        """`begin`, and return once it answers; raises ServerFailed, with the broker's log, if it does not come up."""
        kafka = cls.begin(data_dir, port, overrides, scram, java_options=java_options)
        kafka.await_answer()
        return kafka

    @classmethod
    def begin(
        cls,
        data_dir: Path,
        port: int = 0,
        overrides: Mapping[str, str] | None = None,
        scram: Sequence[str] = (),
        cluster_id: str | None = None,
        java_options: Sequence[str] = QUICK_START,
    ) -> ApacheKafka:
        """Format an empty `data_dir`, and start a broker there without waiting for it.

        `port` 0 takes a free one; `overrides` are broker settings that replace the defaults below; `scram` are
        credentials in the words of Kafka's storage tool, kept from the start.
        Raises ApacheKafkaUnavailable without Java, Maven or jars.
        """
        data_dir.mkdir(parents=True, exist_ok=True)
        port = port or free_port()
        settings = broker_settings(data_dir, port, free_port()) | dict(overrides or {})
        (data_dir / "log4j2.properties").write_text(LOGGING)
        (data_dir / "server.properties").write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        if not (data_dir / "topics").exists():
            _format(data_dir, scram, cluster_id or new_cluster_id())
        return cls(data_dir, port, _run(data_dir, java_options), java_options)

    @property
    def bootstrap(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def log(self) -> Path:
        return self.child.log

    def stop(self) -> None:
        """Shut down in good order: everything acknowledged is on disk."""
        self.child.terminate()

    def kill(self) -> None:
        """SIGKILL, as in a crash."""
        self.child.kill()

    def restart(self) -> None:
        """Start again on the same data and port, whether it still runs or not; return once it answers."""
        if self.child.is_running:
            self.stop()
        self.launch()
        self.await_answer()

    def launch(self) -> None:
        """Start again after it has ended, without waiting for it."""
        self.child = _run(self.data_dir, self.java_options)

    def await_answer(self) -> None:
        """Return once it answers; raises ServerFailed, with the broker's log, if it does not."""
        await_broker(self.child, self.bootstrap, START_SECONDS)


def broker_settings(data_dir: Path, port: int, controller_port: int) -> dict[str, str]:
    """The settings of a single broker that serves tests: no replicas, no waiting, few threads."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "listeners": f"BROKER://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(data_dir / "topics"),
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # A killed broker may only return once its old session is over.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "num.network.threads": "2",
        "num.io.threads": "4",
    }


def new_cluster_id() -> str:
    """An id that no other cluster has."""
    return urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def _format(data_dir: Path, scram: Sequence[str], cluster_id: str) -> None:
    arguments = ["format", f"--cluster-id={cluster_id}", "-c", str(data_dir / "server.properties")]
    for credential in scram:
        arguments += ["--add-scram", credential]
    command = _java_command(data_dir, QUICK_START, "kafka.tools.StorageTool", *arguments)
    done = subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"Apache Kafka could not format {data_dir}:\n{done.stdout}{done.stderr}")


def _run(data_dir: Path, java_options: Sequence[str]) -> Child:
    command = _java_command(data_dir, java_options, "kafka.Kafka", str(data_dir / "server.properties"))
    return Child.spawn("Apache Kafka", command, data_dir / "broker.log")


def _java_command(data_dir: Path, java_options: Sequence[str], main_class: str, *arguments: str) -> list[str]:
    logging = f"-Dlog4j2.configurationFile={data_dir / 'log4j2.properties'}"
    return [java(), *java_options, logging, "-cp", f"{kafka_jars()}/*", main_class, *arguments]
