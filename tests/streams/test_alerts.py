"""Alerting on a real broker: raised at once, taken back by a correction, over partitions, and after a kill."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaProducer

from omnitrack.broker_reader import BrokerReader
from omnitrack.offsets import lag
from schemas.rows import AlertRow, HandoffRow, JourneyRow, PromiseRow, TouchpointRow
from schemas.topics import Topics
from streams.alerting.facts import CustomerRow
from streams.placing import place
from tests.streams.alerting.rows import HOUR, MINUTE, RULES, handoff, journey, promise
from tests.streams.worker import GIVE_UP_SECONDS, PARTITIONS, Deployment, eventually
from tests.support.brokers import Broker
from tests.support.child import Child


class Bank(Deployment):
    """A deployment of which only the alerts run: what stitching would say is written by the test."""

    def send(self, *rows: CustomerRow) -> None:
        producer = KafkaProducer(bootstrap_servers=self.broker.bootstrap)
        for row in rows:
            topic = {
                HandoffRow: self.topics.handoffs,
                JourneyRow: self.topics.journeys,
                PromiseRow: self.topics.promises,
            }
            key, partition = place(row.customer_id, PARTITIONS)
            assert not isinstance(row, TouchpointRow)
            producer.send(topic[type(row)], msgspec.json.encode(row), key=key, partition=partition)
        producer.flush()
        producer.close()

    def said(self) -> list[AlertRow]:
        decode = msgspec.json.Decoder(AlertRow).decode
        return sorted((decode(value) for _, _, value in self.read(self.topics.alerts)), key=lambda row: row.version)

    def alerts(self, rule: str, customer: str = "") -> dict[str, AlertRow]:
        """The newest of each alert of the rule, by id."""
        return {row.alert_id: row for row in self.said() if (row.rule, row.customer_id) == (rule, customer)}

    def await_alert(self, child: Child, rule: str, customer: str, holds: Callable[[AlertRow], bool]) -> AlertRow:
        found: list[AlertRow] = []

        def is_there() -> bool:
            found[:] = [row for row in self.alerts(rule, customer).values() if holds(row)]
            return bool(found)

        eventually(f"{rule} of {customer or 'a group'}", is_there, child)
        return found[0]

    def rows_to_go(self) -> int:
        """How many rows the group has not got past."""
        with BrokerReader(self.broker.bootstrap, GIVE_UP_SECONDS) as reader:
            ends = reader.end_offsets(self.topics.stitched_rows)
            return sum(lag(ends, reader.committed(self.group.replace("-streams", "-alerts"))).values())


@pytest.fixture(scope="module")
def bank(apache_kafka: Broker, tmp_path_factory: pytest.TempPathFactory) -> Bank:
    folder = tmp_path_factory.mktemp("alerts")
    catalogue = folder / "catalogue.yaml"
    catalogue.write_text(RULES)
    settings = {"OMNITRACK_CATALOGUE": str(catalogue)}
    made = Bank(apache_kafka, Topics(f"alerts-{time.time_ns()}."), folder, "streams.alerts", settings)
    made.create_topics()
    return made


@pytest.fixture(scope="module")
def worker(bank: Bank) -> Iterator[Child]:
    with bank.worker() as child:
        bank.ready(child)
        yield child


def now() -> int:
    return time.time_ns() // 1_000_000


def is_firing(row: AlertRow) -> bool:
    return row.status == "firing"


def test_a_failed_handoff_is_told_at_once_and_taken_back_by_a_correction(bank: Bank, worker: Child) -> None:
    at = now() - MINUTE
    bank.send(handoff(at, "C-1", version=1), journey("C-1", version=1))
    raised = bank.await_alert(worker, "broken", "C-1", is_firing)
    assert (raised.event_time, raised.labels["team"], raised.severity) == (at, "service", "critical")
    bank.send(handoff(at, "C-1", version=2, result="smooth", failures=()))
    retracted = bank.await_alert(worker, "broken", "C-1", lambda row: row.status == "retracted")
    assert (retracted.alert_id, retracted.is_deleted) == (raised.alert_id, 1)
    assert retracted.version > raised.version


def test_a_promise_is_told_of_before_it_is_due_and_resolved_once_kept(bank: Bank, worker: Child) -> None:
    due_at = now() + HOUR
    bank.send(journey("C-2"), promise(due_at, "C-2"))
    assert bank.await_alert(worker, "due", "C-2", is_firing).threshold == 7200.0
    kept_at = now()
    bank.send(promise(due_at, "C-2", version=2, kept_at=kept_at, status="kept"))
    resolved = bank.await_alert(worker, "due", "C-2", lambda row: row.status == "resolved")
    assert resolved.resolved_at == kept_at


def test_what_happens_in_a_declared_incident_is_silenced(bank: Bank, worker: Child) -> None:
    bank.send(handoff(now() - MINUTE, "C-3"), journey("C-3", incidents=("outage-7",)))
    bank.await_alert(worker, "broken", "C-3", lambda row: row.silenced_by == "incident:outage-7")
    assert {row.status for row in bank.said() if row.customer_id == "C-3"} == {"silenced"}


def test_nothing_older_than_the_alert_horizon_is_told(bank: Bank, worker: Child) -> None:
    bank.send(handoff(now() - 25 * HOUR, "C-4"), journey("C-4"))
    bank.send(handoff(now() - MINUTE, "C-4", handoff_id="00000000-0000-5000-8000-000000000002"))
    bank.await_alert(worker, "broken", "C-4", is_firing)
    assert len(bank.alerts("broken", "C-4")) == 1


def test_a_share_is_that_of_all_partitions(bank: Bank, worker: Child) -> None:
    customers = [f"R-{number}" for number in range(12)]
    assert {place(one, PARTITIONS)[1] for one in customers} == {0, 1}
    at = now() - MINUTE
    for one in customers:
        result = "smooth" if one in customers[:5] else "failed"
        bank.send(journey(one), handoff(at, one, to_channel="atm", result=result))
    raised = bank.await_alert(
        worker, "failing", "", lambda row: row.labels == {"to_channel": "atm"} and row.count == 12
    )
    assert (raised.status, raised.value) == ("firing", 7 / 12)


def test_a_kill_loses_nothing_and_says_nothing_twice_and_without_rules_nothing_goes_on_firing(bank: Bank) -> None:
    """Of two alerts said before the kill one is corrected while nobody is there; then all rules leave the catalogue."""
    other = Bank(
        bank.broker, Topics(f"{bank.topics.prefix}kill."), bank.folder / "kill", "streams.alerts", bank.settings
    )
    other.folder.mkdir()
    other.create_topics()
    at = now() - MINUTE
    first = other.start_worker()
    try:
        other.ready(first)
        other.send(handoff(at, "K-1"), journey("K-1"), handoff(at, "K-2"), journey("K-2"))
        for customer in ("K-1", "K-2"):
            other.await_alert(first, "broken", customer, is_firing)
    finally:
        first.kill()
    other.send(handoff(at, "K-1", version=2, is_deleted=1), handoff(at, "K-3"), journey("K-3"))
    with other.worker() as second:
        other.await_alert(second, "broken", "K-1", lambda row: row.status == "retracted")
        other.await_alert(second, "broken", "K-3", is_firing)
    assert [row.status for row in other.said() if row.customer_id == "K-2"] == ["firing"]
    other.settings = {}
    with other.worker() as third:
        for customer in ("K-2", "K-3"):
            other.await_alert(third, "broken", customer, lambda row: row.status == "resolved")
        other.send(handoff(at, "K-4"), promise(at, "K-4"))
        eventually("the group is past all rows", lambda: not other.rows_to_go(), third)
    assert not [row for row in other.alerts("broken", "K-2").values() if is_firing(row)]


def test_rows_that_no_rule_asks_for_are_passed_over_unread(bank: Bank, tmp_path: Path) -> None:
    """What is no row at all would be told of if it were read; the group is past it all the same."""
    (tmp_path / "catalogue.yaml").write_text("alerts: {rules: {broken: {kind: handoff}}}")
    settings = {"OMNITRACK_CATALOGUE": str(tmp_path / "catalogue.yaml")}
    other = Bank(bank.broker, Topics(f"{bank.topics.prefix}passed."), tmp_path, "streams.alerts", settings)
    other.create_topics()
    with KafkaProducer(bootstrap_servers=bank.broker.bootstrap) as producer:
        for topic in (other.topics.promises, other.topics.stitched):
            producer.send(topic, b"no row", key=b"P-1", partition=1)
    with other.worker() as worker:
        other.send(handoff(now() - MINUTE, "P-1"), journey("P-1"))
        other.await_alert(worker, "broken", "P-1", is_firing)
        eventually("the group is past all rows", lambda: not other.rows_to_go(), worker)
        other.send(promise(now(), "P-1"), handoff(now() - MINUTE, "P-2"))
        other.await_alert(worker, "broken", "P-2", is_firing)
        eventually("the group is past all rows", lambda: not other.rows_to_go(), worker)
    assert "rows not judged" not in worker.log.read_text()
