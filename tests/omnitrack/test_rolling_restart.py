"""A deploy of what stands behind stitching: sink, alerts and notifier end and come back while rows come in."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaProducer

from omnitrack.broker_reader import BrokerReader
from omnitrack.offsets import Partition, lag
from omnitrack.settings import Endpoints, check_endpoints
from schemas.rows import AlertRow
from schemas.topics import Topics
from sinks.clickhouse.client import connected
from sinks.clickhouse.settings import ClickHouseSettings
from streams.placing import place
from tests.omnitrack.notify.inbox import Inbox
from tests.omnitrack.notify.process import now_ms
from tests.streams.alerting.rows import MINUTE, handoff, journey
from tests.streams.worker import GIVE_UP_SECONDS, PARTITIONS, Deployment, eventually
from tests.support.brokers import Broker
from tests.support.child import Child

APPS = {"sink": "omnitrack.sink", "alerts": "streams.alerts", "notify-webhook": "omnitrack.notify.webhook"}
RULES = "alerts: {rules: {broken: {kind: handoff, failures: [repeated]}}}"
SESSION_SECONDS = 45
STOP_SECONDS = 30.0
"""What `omnitrack up` allows between SIGTERM and SIGKILL; containers have longer."""
PARTS, CUSTOMERS = 4, 600
"""Parts that are sent, and the customers of each, of whom every one has an alert."""


@dataclass(slots=True)
class Fleet:
    """A named process of each app, all of one deployment."""

    deployments: dict[str, Deployment]
    endpoints: Endpoints
    running: dict[str, Child] = field(default_factory=dict)
    sent: int = 0

    @property
    def kafka(self) -> str:
        return self.endpoints.kafka

    def start(self) -> None:
        """All of them; returns once they have their partitions."""
        self.running = {name: deployment.start_worker() for name, deployment in self.deployments.items()}
        for name, deployment in self.deployments.items():
            deployment.ready(self.running[name])
        eventually("a member in each group", lambda: all(map(self._has_member, APPS)))

    def stop(self) -> dict[str, int]:
        """Ask all to end, as a deploy does; their exit codes."""
        for child in self.running.values():
            child.process.terminate()
        return {name: child.process.wait(STOP_SECONDS) for name, child in self.running.items()}

    def send(self) -> None:
        """A part of what stitching would say; returns when the broker has it."""
        producer = KafkaProducer(bootstrap_servers=self.kafka, linger_ms=5)
        for number in range(self.sent, self.sent + CUSTOMERS):
            customer = f"C-{number}"
            key, partition = place(customer, PARTITIONS)
            rows = {
                self.endpoints.topics.journeys: journey(customer),
                self.endpoints.topics.handoffs: handoff(now_ms() - MINUTE, customer),
            }
            for topic, row in rows.items():
                producer.send(topic, msgspec.json.encode(row), key=key, partition=partition)
        producer.flush()
        producer.close()
        self.sent += CUSTOMERS

    def has_done_all(self) -> bool:
        """Whether every group has committed all that there is, alerts after what they are made of."""
        topics = self.endpoints.topics
        read = {"alerts": topics.stitched_rows, "notify-webhook": (topics.alerts,), "sink": topics.outputs}
        return all(not self._behind(name, read[name]) for name in ("alerts", "notify-webhook", "sink"))

    def _behind(self, name: str, topics: tuple[str, ...]) -> dict[Partition, int]:
        with BrokerReader(self.kafka, GIVE_UP_SECONDS) as reader:
            return lag(reader.end_offsets(topics), reader.committed(self.endpoints.group(name)))

    def _has_member(self, name: str) -> bool:
        with BrokerReader(self.kafka, GIVE_UP_SECONDS) as reader:
            return reader.assigned_members(self.endpoints.group(name)) == 1


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox.open() as opened:
        yield opened


@pytest.fixture
def fleet(
    apache_kafka: Broker, topic_prefix: str, clickhouse: ClickHouseSettings, inbox: Inbox, tmp_path: Path
) -> Iterator[Fleet]:
    (tmp_path / "catalogue.yaml").write_text(RULES)
    (tmp_path / "secret").write_text("whsec_" + base64.b64encode(b"s" * 32).decode())
    url = clickhouse.clickhouse.get_secret_value()
    settings = {
        "OMNITRACK_CATALOGUE": str(tmp_path / "catalogue.yaml"),
        "OMNITRACK_CLICKHOUSE": url,
        "OMNITRACK_WEBHOOK": inbox.url,
        "OMNITRACK_WEBHOOK_SECRET_FILE": str(tmp_path / "secret"),
        "OMNITRACK_SESSION_TIMEOUT": str(SESSION_SECONDS),
    }
    topics = Topics(topic_prefix)
    deployments = {}
    for name, app in APPS.items():
        folder = tmp_path / name
        folder.mkdir()
        own = settings | {"OMNITRACK_GROUP_INSTANCE": f"host-{name}"}
        deployments[name] = Deployment(apache_kafka, topics, folder, app, own)
    deployments["sink"].create_topics()
    made = Fleet(deployments, check_endpoints(apache_kafka.bootstrap, url, tmp_path, topic_prefix))
    yield made
    for child in made.running.values():
        child.kill()


def test_what_stores_judges_and_tells_restarts_under_load_with_nothing_lost_or_told_twice(
    fleet: Fleet, inbox: Inbox, clickhouse: ClickHouseSettings
) -> None:
    fleet.start()
    fleet.send()
    fleet.send()
    assert fleet.stop() == dict.fromkeys(APPS, 0)
    fleet.send()
    fleet.start()
    fleet.send()
    eventually("nothing waits", fleet.has_done_all)

    customers = {f"C-{number}" for number in range(PARTS * CUSTOMERS)}
    alerts = fleet.deployments["alerts"].read(fleet.endpoints.topics.alerts)
    said = Counter(msgspec.json.decode(row, type=AlertRow).customer_id for _, _, row in alerts)
    assert said == dict.fromkeys(customers, 1)
    posted = Counter(headers["webhook-id"] for headers, _ in inbox.posts)
    assert (len(posted), set(posted.values())) == (len(customers), {1})
    with connected(clickhouse) as client:
        for table in ("journeys", "handoffs", "alerts"):
            # The version of every row is the first: what was inserted twice would be two rows of one.
            rows = client.execute(f"SELECT count(), uniqExact(customer_id) FROM {table}")  # noqa: S608 -- a literal
            assert rows == [(len(customers), len(customers))], table
