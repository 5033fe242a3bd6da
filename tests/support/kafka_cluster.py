"""Three Apache Kafka brokers, each a controller too, that survive the loss of one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from omnitrack.ports import LOOPBACK, free_ports
from tests.support.apache_kafka import ApacheKafka, new_cluster_id

NODES = (1, 2, 3)
REPLICATED = {
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
    # Short enough for a test to see a broker leave.
    "broker.session.timeout.ms": "2000",
    "replica.lag.time.max.ms": "4000",
}


@contextmanager
def kafka_cluster(folder: Path) -> Iterator[list[ApacheKafka]]:
    """The brokers, once all answer; whatever is left of them is killed at the end."""
    cluster_id, ports = new_cluster_id(), free_ports(2 * len(NODES))
    controllers = dict(zip(NODES, ports[len(NODES) :], strict=True))
    voters = ",".join(f"{node}@{LOOPBACK}:{port}" for node, port in controllers.items())
    brokers: list[ApacheKafka] = []
    try:
        for node, port in zip(NODES, ports, strict=False):
            listeners = f"BROKER://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controllers[node]}"
            own = {"node.id": str(node), "controller.quorum.voters": voters, "listeners": listeners}
            brokers.append(ApacheKafka.begin(folder / str(node), port, REPLICATED | own, cluster_id=cluster_id))
        for broker in brokers:
            broker.await_answer()
        yield brokers
    finally:
        for broker in brokers:
            broker.kill()
