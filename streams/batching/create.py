"""Makes a batch app: the bounds that it is given, and the settings of Faust that lose nothing."""

from __future__ import annotations

from typing import Any

from schemas.kafka_address import servers_of
from streams.batching.app import BatchApp, Prepare
from streams.batching.credentials import faust_credentials
from streams.batching.lease import Lease
from streams.batching.recovery import BatchTableManager


def create_app(
    name: str,
    *,
    kafka: str,
    session_timeout: float,
    group_instance: str | None = None,
    max_records: int = 10_000,
    pending_batches: int = 2,
    pending_small: int = 0,
    pace: float = 0.0,
    retry_seconds: float = 45.0,
    stall_seconds: float = 300.0,
    compiled: bool = True,
    prepare: Prepare | None = None,
    page: tuple[str, int] | None = None,
    **options: Any,
) -> BatchApp:
    """A batch app without agents; does no I/O but to read the certificates and the password that Kafka asks for.

    `name` is the consumer group; `kafka` the bootstrap servers, `host:port` separated by commas; `session_timeout` in
    seconds; `group_instance` makes the membership static. A partition has at most `pending_batches` unacknowledged
    batches of `max_records` records (and up to the end of the record batch that reaches this), or up to `pending_small`
    that hold no more together. A broker that was read to its end is asked for more `pace` seconds after it was asked
    last. `page` is where it shows how it does, host and port. `options` are Faust's.
    """
    rebalance_timeout = retry_seconds + 15.0
    settings: dict[str, Any] = {
        "broker": [f"kafka://{server}" for server in servers_of(kafka)],
        "broker_credentials": faust_credentials(),
        "store": "memory://",
        "TableManager": BatchTableManager,
        "broker_session_timeout": session_timeout,
        "broker_heartbeat_interval": session_timeout / 6,
        "broker_rebalance_timeout": rebalance_timeout,
        "broker_request_timeout": max(40.0, session_timeout),
        "broker_commit_interval": 0.25,
        "broker_max_poll_records": max_records,
        "broker_max_poll_interval": 600.0,
        "consumer_auto_offset_reset": "earliest",
        "consumer_max_fetch_size": 4 * 1024 * 1024,
        "consumer_group_instance_id": group_instance,
        "producer_acks": -1,
        "producer_request_timeout": retry_seconds / 2,
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
    return BatchApp(
        name,
        kafka=kafka,
        max_records=max_records,
        pending_batches=pending_batches,
        pending_small=pending_small,
        pace=pace,
        retry_seconds=retry_seconds,
        stall_seconds=stall_seconds,
        compiled=compiled,
        lease=Lease(session_timeout, rebalance_timeout),
        prepare=prepare,
        page=page,
        **(settings | options),
    )
