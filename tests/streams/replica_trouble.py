"""What the operator's commands say of copies of topics, and a reassignment as Kafka's own tool would send it."""

from __future__ import annotations

import json
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from typer.testing import CliRunner

from omnitrack.cli import app
from omnitrack.ports import LOOPBACK, free_port


def status(kafka: str, prefix: str) -> dict[str, Any]:
    """What `omnitrack status` tells in JSON, beside a ClickHouse that is away, of which it says so."""
    nobody = f"clickhouse://default@{LOOPBACK}:{free_port()}/omnitrack"
    arguments = ["status", "--format", "json", "--kafka", kafka, "--clickhouse", nobody]
    result = CliRunner().invoke(app, arguments, env={"OMNITRACK_TOPIC_PREFIX": prefix})
    report: dict[str, Any] = json.loads(result.stdout)
    report["problems"] = [problem for problem in report["problems"] if "ClickHouse" not in problem]
    return report


def give_more_replicas(kafka: str, prefix: str) -> None:
    """Do what `omnitrack replicas` prints, and return once it is done."""
    result = CliRunner().invoke(app, ["replicas", "--kafka", kafka], env={"OMNITRACK_TOPIC_PREFIX": prefix})
    wanted = {
        TopicPartition(one["topic"], one["partition"]): one["replicas"]
        for one in json.loads(result.stdout)["partitions"]
    }
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    try:
        admin.alter_partition_reassignments(wanted)
    finally:
        admin.close()


def create_on(kafka: str, topic: str, brokers: list[int]) -> None:
    """A topic of one partition, which these brokers hold."""
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    try:
        admin.create_topics({topic: {"assignments": {0: brokers}}})
    finally:
        admin.close()
