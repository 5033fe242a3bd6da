"""The command shows what it can find out, and says what it could not."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from omnitrack.cli import app
from omnitrack.ports import LOOPBACK, free_port
from tests.omnitrack.kafka_group import commit, deployment, send
from tests.support.brokers import Broker

NOBODY = f"clickhouse://default@{LOOPBACK}:{{port}}/omnitrack"


def test_kafka_is_told_though_clickhouse_does_not_answer(broker: Broker, topic_prefix: str) -> None:
    endpoints = deployment(broker.bootstrap, topic_prefix)
    atm = endpoints.topics.touchpoints("atm")
    send(broker.bootstrap, atm, 100)
    commit(broker.bootstrap, endpoints.streams_group, atm, 75)
    alerting = endpoints.topics.alerting
    send(broker.bootstrap, alerting, 10)
    commit(broker.bootstrap, endpoints.alerts_group, alerting, 4)
    commit(broker.bootstrap, endpoints.group("notify-webhook"), endpoints.topics.alerts, 0)
    port = free_port()
    arguments = ["status", "--format", "json", "--kafka", broker.bootstrap, "--clickhouse", NOBODY.format(port=port)]
    result = CliRunner().invoke(app, arguments, env={"OMNITRACK_TOPIC_PREFIX": topic_prefix})
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert {"topic": atm, "group": endpoints.streams_group, "records": 100, "lag": 25} in report["topics"]
    assert {"topic": alerting, "group": endpoints.alerts_group, "records": 10, "lag": 6} in report["topics"]
    told = {"topic": endpoints.topics.alerts, "group": endpoints.group("notify-webhook"), "records": 0, "lag": 0}
    assert told in report["topics"]
    assert "notify-alertmanager" not in str(report["topics"])
    assert {topic["topic"] for topic in report["topics"]} == {
        spec.name for spec in endpoints.topics.all if spec.cleanup == "delete"
    } - {endpoints.topics.undelivered}  # no group reads it
    assert report["account"] is None
    assert f"ClickHouse does not answer at {LOOPBACK}:{port}" in result.stderr
    assert "Kafka" not in result.stderr


def test_both_are_named_where_none_answers() -> None:
    kafka, port = f"{LOOPBACK}:{free_port()}", free_port()
    result = CliRunner().invoke(app, ["status", "--kafka", kafka, "--clickhouse", NOBODY.format(port=port)])
    assert result.exit_code == 1
    assert f"Kafka at {kafka} does not answer" in result.stderr
    assert f"ClickHouse does not answer at {LOOPBACK}:{port}" in result.stderr


def test_more_replicas_than_there_are_brokers_are_a_warning_and_cannot_be_had(
    broker: Broker, topic_prefix: str
) -> None:
    deployment(broker.bootstrap, topic_prefix)
    environment = {"OMNITRACK_TOPIC_PREFIX": topic_prefix, "OMNITRACK_REPLICATION": "3"}
    nobody = NOBODY.format(port=free_port())
    told = CliRunner().invoke(app, ["status", "--kafka", broker.bootstrap, "--clickhouse", nobody], env=environment)
    assert "fewer replicas than OMNITRACK_REPLICATION wants" in told.stderr
    refused = CliRunner().invoke(app, ["replicas", "--kafka", broker.bootstrap], env=environment)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "wants 3 replicas; brokers that are there: 1" in refused.stderr
    environment.pop("OMNITRACK_REPLICATION")
    nothing = CliRunner().invoke(app, ["replicas", "--kafka", broker.bootstrap], env=environment)
    assert (nothing.exit_code, json.loads(nothing.stdout)["partitions"]) == (0, [])
    assert "nothing to reassign" in nothing.stderr
