"""Makes a batch app: with the settings of Faust that lose nothing."""

from __future__ import annotations

from typing import Any

from schemas.kafka_address import servers_of
from streams.batching.app import BatchApp, Prepare
from streams.batching.credentials import faust_credentials
from streams.batching.lease import Lease
from streams.batching.recovery import BatchTableManager
from streams.batching.settings import Bounds, WorkerSettings

_REBALANCE_SECONDS = 15.0
"""For a rebalance, beyond the retries of a batch that are waited for in it."""


def create_app(worker: WorkerSettings, prepare: Prepare | None = None, bounds: Bounds | None = None) -> BatchApp:
    """A batch app without agents; does no I/O but to read the certificates and the password that Kafka asks for.

    `prepare` is explained at `BatchApp`; `bounds` are the default ones if None.
    """
    bounds = bounds or Bounds()
    rebalance_timeout = bounds.retry_seconds + _REBALANCE_SECONDS
    lease = Lease(worker.session_timeout, rebalance_timeout)
    return BatchApp(worker, bounds, lease, prepare, **_faust_settings(worker, bounds, rebalance_timeout))


def _faust_settings(worker: WorkerSettings, bounds: Bounds, rebalance_timeout: float) -> dict[str, Any]:
    return {
        "broker": [f"kafka://{server}" for server in servers_of(worker.kafka)],
        "broker_credentials": faust_credentials(),
        "store": "memory://",
        "TableManager": BatchTableManager,
        "broker_session_timeout": worker.session_timeout,
        "broker_heartbeat_interval": worker.session_timeout / 6,
        "broker_rebalance_timeout": rebalance_timeout,
        "broker_request_timeout": max(40.0, worker.session_timeout),
        "broker_commit_interval": 0.25,
        "broker_max_poll_records": bounds.max_records,
        "broker_max_poll_interval": 600.0,
        "consumer_auto_offset_reset": "earliest",
        "consumer_max_fetch_size": bounds.fetch_bytes,
        "consumer_group_instance_id": worker.group_instance,
        "producer_acks": -1,
        "producer_request_timeout": bounds.retry_seconds / 2,
        "producer_max_batch_size": 1_000_000,
        "producer_max_request_size": 16 * 1024 * 1024,
        # `pending_batches` bounds what is queued; this queue must never be full.
        "stream_buffer_maxsize": 65_536,
        "stream_wait_empty": False,
        "stream_recovery_delay": 0.0,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "web_enabled": False,
        "worker_redirect_stdouts": False,
    }
