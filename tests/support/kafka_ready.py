"""Waiting until a Kafka-compatible broker answers."""

from __future__ import annotations

import logging
import socket
import time

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from tests.support.child import Child

POLL_SECONDS = 0.05


def broker_answers(bootstrap: str) -> bool:
    """Whether the broker is reachable and counts itself among the cluster's live brokers."""
    host, port = bootstrap.split(",", maxsplit=1)[0].rsplit(":", 1)
    with socket.socket() as probe:
        probe.settimeout(1.0)
        if probe.connect_ex((host, int(port))) != 0:
            return False
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # it reports every attempt before the broker is up
    try:
        admin = KafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=2_000, bootstrap_timeout_ms=2_000)
    except KafkaError:
        return False
    try:
        return bool(admin.describe_cluster()["brokers"])
    except KafkaError:
        return False
    finally:
        admin.close()


def await_broker(child: Child, bootstrap: str, within: float) -> None:
    """Return once the broker answers; raise ServerFailed, with its log, if it ends or `within` seconds pass."""
    deadline = time.monotonic() + within
    while not broker_answers(bootstrap):
        if not child.is_running:
            raise child.failure(f"ended with exit code {child.process.returncode} while starting")
        if time.monotonic() > deadline:
            child.kill()
            raise child.failure(f"did not answer on {bootstrap} within {within:.0f} s and was killed")
        time.sleep(POLL_SECONDS)
