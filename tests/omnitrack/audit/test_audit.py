"""The audit on real brokers and the real engine: it adds up, or names what does not, offset by offset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from typer.testing import CliRunner, Result

from omnitrack.broker_reader import BrokerReader
from omnitrack.cli import app
from omnitrack.ports import LOOPBACK, free_port
from omnitrack.settings import Endpoints, check_endpoints
from schemas.rows import DeadLetter, DuplicateRow
from schemas.touchpoint import Origin
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.writer import Writer
from sinks.port import Row, Table
from tests.omnitrack.kafka_group import commit, deployment, send
from tests.sinks.rows import NOON, entry, touchpoint_row
from tests.support.brokers import Broker


class Ledger:
    """Records on a real broker, and their fates in a real ClickHouse."""

    def __init__(self, kafka: str, prefix: str, clickhouse: ClickHouseSettings) -> None:
        deployment(kafka, prefix)
        self.clickhouse = clickhouse.clickhouse.get_secret_value()
        self.endpoints: Endpoints = check_endpoints(kafka, self.clickhouse, Path("nowhere"), prefix)
        self.atm = self.endpoints.topics.touchpoints("atm")
        self.writer = Writer(clickhouse)

    def receive(self, count: int, partition: int = 0) -> None:
        """Write records to the ATM's topic, and commit them as a worker that has read them."""
        send(self.endpoints.kafka, self.atm, count, partition)
        with BrokerReader(self.endpoints.kafka) as reader:
            ends = reader.end_offsets([self.atm])
        for place, end in ends.items():
            commit(self.endpoints.kafka, self.endpoints.streams_group, self.atm, end, place.number)

    def store(self, *offsets: int, partition: int = 0, topic: str = "") -> None:
        origins = [Origin(topic or self.atm, partition, offset) for offset in offsets]
        self.write("touchpoints", *(touchpoint_row(each.offset + 1_000 * partition, origin=each) for each in origins))

    def bury(self, *offsets: int, partition: int = 0) -> None:
        names = {offset: f"{self.atm}:{partition}:{offset}" for offset in offsets}
        self.write(
            "dead_letters",
            *(
                DeadLetter(names[offset], self.atm, partition, offset, None, NOON, "not_json", ("no JSON",), "")
                for offset in offsets
            ),
        )

    def repeat(self, *offsets: int, partition: int = 0) -> None:
        origins = [Origin(self.atm, partition, offset) for offset in offsets]
        self.write("duplicates", *(DuplicateRow(each, "C-1", "atm", "e1", NOON) for each in origins))

    def write(self, table: Table, *rows: Row) -> None:
        self.writer.write(table, [entry(row, number) for number, row in enumerate(rows)])

    def run(self, *options: str) -> Result:
        addresses = ("--kafka", self.endpoints.kafka, "--clickhouse", self.clickhouse)
        environment = {"OMNITRACK_TOPIC_PREFIX": self.endpoints.topic_prefix}
        return CliRunner().invoke(app, ["audit", *addresses, *options], env=environment)

    def audit(self, partition: int = 0) -> dict[str, Any]:
        """The account of a partition of the ATM's topic."""
        result = self.run("--format", "json", "--timeout", "5")
        report = json.loads(result.stdout)
        assert result.exit_code == (0 if report["adds_up"] else 1), result.stderr
        found: list[dict[str, Any]] = report["partitions"]
        account = next(one for one in found if (one["topic"], one["partition"]) == (self.atm, partition))
        return account | {"adds_up": report["adds_up"]}


@pytest.fixture
def ledger(broker: Broker, topic_prefix: str, clickhouse: ClickHouseSettings) -> Ledger:
    return Ledger(broker.bootstrap, topic_prefix, clickhouse)


def test_nothing_received_adds_up(ledger: Ledger) -> None:
    assert ledger.audit()["adds_up"]


def test_every_record_has_one_fate(ledger: Ledger) -> None:
    ledger.receive(10)
    ledger.receive(3, partition=1)
    ledger.store(0, 1, 2, 5, 6, 7)
    ledger.store(0, 1, 2, partition=1)
    ledger.bury(3, 9)
    ledger.repeat(4, 8)
    account = ledger.audit()
    assert account["adds_up"]
    assert (account["received"], account["stored"], account["dead"], account["duplicate"]) == (10, 6, 2, 2)
    assert ledger.audit(partition=1)["stored"] == 3
    shown = ledger.run()
    assert shown.exit_code == 0
    assert "adds up: every record has exactly one fate" in shown.stdout


def test_gaps_second_fates_and_fates_of_nothing_are_named_by_their_offsets(ledger: Ledger) -> None:
    ledger.receive(10)
    ledger.store(0, 1, 5, 6, 9)
    ledger.bury(5)
    ledger.repeat(6, 12, 13)
    account = ledger.audit()
    assert not account["adds_up"]
    findings = account["findings"]
    assert (findings["missing"], findings["shared"], findings["unknown"]) == (5, 2, 2)
    assert findings["missing_ranges"] == [{"first": 2, "last": 4}, {"first": 7, "last": 8}]
    assert findings["shared_offsets"] == [
        {"offset": 5, "fates": ["dead", "stored"]},
        {"offset": 6, "fates": ["duplicate", "stored"]},
    ]
    assert findings["unknown_ranges"] == [{"first": 12, "last": 13}]
    shown = ledger.run()
    assert shown.exit_code == 1
    assert f"{ledger.atm}:0: 5 records without a fate: offsets 2-4, 7-8" in shown.stdout
    assert f"{ledger.atm}:0: 2 records with more than one fate: offsets 5 (dead, stored), 6 (du" in shown.stdout
    assert f"{ledger.atm}:0: 2 fates of records that never were: offsets 12-13" in shown.stdout


def test_a_touchpoint_that_two_customers_have_is_found(ledger: Ledger) -> None:
    ledger.receive(2)
    ledger.store(0, 1)
    ledger.write("touchpoints", touchpoint_row(7, customer_id="C-other", origin=Origin(ledger.atm, 0, 1)))
    assert ledger.audit()["findings"]["shared_offsets"] == [{"offset": 1, "fates": ["stored", "stored"]}]


def test_a_row_that_is_withdrawn_is_no_fate(ledger: Ledger) -> None:
    ledger.receive(1)
    ledger.store(0)
    origin = Origin(ledger.atm, 0, 0)
    ledger.write("touchpoints", touchpoint_row(0, origin=origin, version=2, is_deleted=1))
    assert ledger.audit()["findings"]["missing_ranges"] == [{"first": 0, "last": 0}]


def test_fates_in_a_partition_or_topic_that_kafka_does_not_have_never_were(ledger: Ledger) -> None:
    ledger.store(0, partition=99)
    ledger.store(5, topic=ledger.endpoints.topics.touchpoints("pigeon"))
    result = ledger.run("--timeout", "5")
    assert result.exit_code == 1
    assert f"{ledger.atm}:99: 1 fates of records that never were: offsets 0" in result.stdout
    assert "touchpoints.pigeon:0: 1 fates of records that never were: offsets 5" in result.stdout


def test_what_has_not_been_read_yet_may_be_on_its_way(ledger: Ledger) -> None:
    send(ledger.endpoints.kafka, ledger.atm, 3)
    result = ledger.run("--timeout", "0")
    assert result.exit_code == 1
    assert "does not add up, but stage ingest" in result.stdout
    assert "audit again after `omnitrack drain`" in result.stdout


def test_one_topic_alone_is_audited_by_its_name_or_its_channel(ledger: Ledger) -> None:
    ledger.receive(1)
    branch = ledger.endpoints.topics.touchpoints("branch")
    assert ledger.run("--topic", "branch").exit_code == 0
    assert ledger.run("--topic", branch).exit_code == 0
    assert ledger.run("--topic", "branch", "--topic", "atm", "--timeout", "1").exit_code == 1


def test_a_topic_that_is_none_is_refused_with_those_that_are(ledger: Ledger) -> None:
    result = ledger.run("--topic", "pigeon")
    assert result.exit_code == 2
    assert "audit: pigeon is no touchpoints topic of the broker; it has " in result.stderr
    assert ledger.atm in result.stderr


def test_markers_of_transactions_hold_no_record(
    apache_kafka: Broker, topic_prefix: str, clickhouse: ClickHouseSettings
) -> None:
    ledger = Ledger(apache_kafka.bootstrap, topic_prefix, clickhouse)
    for outcome in ("commit_transaction", "abort_transaction", "commit_transaction"):
        producer = KafkaProducer(bootstrap_servers=apache_kafka.bootstrap, transactional_id=f"{topic_prefix}sender")
        producer.init_transactions()
        producer.begin_transaction()
        for number in range(3):
            producer.send(ledger.atm, b"%d" % number, partition=0)
        producer.flush()
        getattr(producer, outcome)()
        producer.close()
    ledger.receive(0)
    ledger.store(0, 1, 4, 5, 6, 8, 9)
    account = ledger.audit()
    assert account["end"] == 12
    assert account["received"] == 9
    assert account["findings"]["without_record"] == 3
    assert account["findings"]["missing_ranges"] == [{"first": 2, "last": 2}, {"first": 10, "last": 10}]
    ledger.bury(2, 10)
    assert ledger.audit()["adds_up"]


def test_what_kafka_keeps_no_more_is_told_apart(
    apache_kafka: Broker, topic_prefix: str, clickhouse: ClickHouseSettings
) -> None:
    ledger = Ledger(apache_kafka.bootstrap, topic_prefix, clickhouse)
    ledger.receive(10)
    ledger.store(0, 1, 2, 6, 7, 8, 9)
    admin = KafkaAdminClient(bootstrap_servers=apache_kafka.bootstrap)
    admin.delete_records({TopicPartition(ledger.atm, 0): 6})
    admin.close()
    account = ledger.audit()
    assert account["adds_up"]
    assert (account["begin"], account["received"], account["stored"]) == (6, 4, 4)
    assert (account["expired"]["stored"], account["expired_without_fate"]) == (3, 3)
    assert "expired: 6 offsets that Kafka keeps no more, 3 of them without a fate" in ledger.run().stdout
    ledger.repeat(1)
    assert ledger.audit()["findings"]["shared_offsets"] == [{"offset": 1, "fates": ["duplicate", "stored"]}]


@pytest.mark.parametrize("silent", ["Kafka", "ClickHouse"])
def test_a_server_that_does_not_answer_is_named(apache_kafka: Broker, topic_prefix: str, silent: str) -> None:
    deployment(apache_kafka.bootstrap, topic_prefix)
    address = f"{LOOPBACK}:{free_port()}"
    kafka = address if silent == "Kafka" else apache_kafka.bootstrap
    options = ["--kafka", kafka, "--clickhouse", f"clickhouse://{address}/omnitrack"]
    result = CliRunner().invoke(app, ["audit", *options], env={"OMNITRACK_TOPIC_PREFIX": topic_prefix})
    assert result.exit_code == 2
    assert result.stderr.startswith("audit: ")
    assert silent in result.stderr
    assert address in result.stderr
