"""The one Kafka producer of all that writes from outside the streams.

Acknowledged by all replicas that are in sync, idempotent, in order; not compressed, so that no consumer needs more than
its driver. A topic that is not there is an error, and is not made.
"""

from __future__ import annotations

from kafka import KafkaProducer
from kafka.errors import KafkaError

from schemas.kafka_obstacle import why_unreachable
from schemas.kafka_security import client_options

_LINGER_MS = 50
_BATCH_BYTES = 512 * 1024
_REQUEST_BYTES = 1024 * 1024
_LEAST_RETRY_MS = 500


class BrokerAway(KafkaError):  # type: ignore[misc] # kafka-python brings no types
    """The broker did not answer; its text says why, without the name of the driver's error before it."""

    def __str__(self) -> str:
        return str(self.args[0])


def connect_producer(kafka: str, answer_seconds: float, delivery_seconds: float) -> KafkaProducer:
    """A connected producer: `BrokerAway` if the broker does not answer within `answer_seconds`.

    Nor does a send wait longer for a topic to be found; what is not acknowledged within `delivery_seconds` failed.
    """
    try:
        return _connect(kafka, int(answer_seconds * 1000), int(delivery_seconds * 1000))
    except KafkaError as error:
        raise BrokerAway(why_unreachable(kafka, error, answer_seconds)) from error


def _connect(kafka: str, answer_ms: int, delivery_ms: int) -> KafkaProducer:
    return KafkaProducer(
        **client_options(kafka),
        acks="all",
        enable_idempotence=True,
        allow_auto_create_topics=False,
        linger_ms=_LINGER_MS,
        batch_size=_BATCH_BYTES,
        max_request_size=_REQUEST_BYTES,
        bootstrap_timeout_ms=answer_ms,
        max_block_ms=answer_ms,
        delivery_timeout_ms=delivery_ms,
        request_timeout_ms=min(answer_ms, delivery_ms - _LINGER_MS - _LEAST_RETRY_MS),
        reconnect_backoff_max_ms=1_000,
        metrics_enabled=False,
    )
