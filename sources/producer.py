"""The Kafka producer of what writes from outside the streams: acknowledged by all replicas, idempotent, in order."""

from __future__ import annotations

from kafka import KafkaProducer
from kafka.errors import KafkaError

from schemas.kafka_obstacle import why_unreachable
from schemas.kafka_security import client_options
from sources.settings import PublisherSettings

_LINGER_MS = 50
_BATCH_BYTES = 512 * 1024
_REQUEST_BYTES = 1024 * 1024
_LEAST_RETRY_MS = 500


class BrokerAway(KafkaError):  # type: ignore[misc] # kafka-python brings no types
    """The broker did not answer; its text says why, without the name of the driver's error before it."""

    def __str__(self) -> str:
        return str(self.args[0])


def connect_producer(settings: PublisherSettings) -> KafkaProducer:
    """A connected producer. Raises `KafkaError` if the broker does not answer within `settings.answer_seconds`."""
    try:
        return _connect(settings)
    except KafkaError as error:
        raise BrokerAway(why_unreachable(settings.kafka, error, settings.answer_seconds)) from error


def _connect(settings: PublisherSettings) -> KafkaProducer:
    answer_ms = int(settings.answer_seconds * 1000)
    delivery_ms = int(settings.delivery_seconds * 1000)
    return KafkaProducer(
        **client_options(settings.kafka),
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
