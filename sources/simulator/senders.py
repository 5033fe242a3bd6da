"""Where deliveries go: a file of JSON lines, or the channels' topics byte for byte."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from kafka import KafkaProducer
from kafka.errors import KafkaError

from schemas.kafka_obstacle import why_unreachable
from schemas.kafka_security import client_options
from schemas.topics import Topics
from sources.producer import BrokerAway
from sources.simulator.dirt import Delivery


class SendFailedError(Exception):
    """Records did not reach their topics: one line that says where, and what to do."""


class Sender(Protocol):
    """Takes deliveries in order; after `flush` all of them have arrived."""

    def send(self, delivery: Delivery) -> None:
        """Hand over one record; it may still fail, which the next call tells. Raises `SendFailedError`."""

    def flush(self) -> None:
        """Return when all that was handed over is safe. Raises `SendFailedError`."""

    def close(self) -> None:
        """Give back what is held; nothing is sent any more."""


class FileSender:
    """One payload a line; no payload of a simulation has a line break."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=1 << 16)

    def send(self, delivery: Delivery) -> None:
        """Write the payload as a line; what is dirty may break lines."""
        self._file.write(delivery.payload + b"\n")

    def flush(self) -> None:
        """Hand the lines to the operating system."""
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class RawSender:
    """Sends to the channels' topics without looking at the bytes.

    Any call but `close` may raise SendFailedError, also for an earlier send: a broker or a topic did not answer for
    `answer_seconds`, or refused a record for good.
    """

    def __init__(self, kafka: str, topics: Topics, answer_seconds: float = 15.0) -> None:
        self._kafka = kafka
        self._topics = topics
        self._answer_seconds = answer_seconds
        self._failure: BaseException | None = None
        milliseconds = int(answer_seconds * 1000)
        try:
            self._producer = KafkaProducer(
                **client_options(kafka),
                acks="all",
                linger_ms=20,
                batch_size=256 * 1024,
                max_block_ms=milliseconds,
                bootstrap_timeout_ms=milliseconds,
                delivery_timeout_ms=3 * milliseconds,
                request_timeout_ms=milliseconds,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )
        except KafkaError as error:
            raise self._failed(BrokerAway(why_unreachable(kafka, error, answer_seconds))) from error

    def send(self, delivery: Delivery) -> None:
        """Send the payload as it is, broken or not. Raises `SendFailedError`, also for a record sent before."""
        if self._failure is not None:
            raise self._failed(self._failure) from self._failure
        topic = self._topics.touchpoints(delivery.channel)
        try:
            future = self._producer.send(topic, key=delivery.key, value=delivery.payload)
        except KafkaError as error:
            raise self._failed(error, topic) from error
        future.add_errback(self._note_failure)

    def flush(self) -> None:
        """Wait until the broker has answered for all. Raises `SendFailedError`."""
        try:
            self._producer.flush(timeout=3 * self._answer_seconds)
        except KafkaError as error:
            raise self._failed(error) from error
        if self._failure is not None:
            raise self._failed(self._failure) from self._failure

    def close(self) -> None:
        """End the connection; what is still under way has a moment."""
        self._producer.close(timeout=self._answer_seconds)

    def _note_failure(self, error: BaseException) -> None:
        self._failure = self._failure or error

    def _failed(self, error: BaseException, topic: str = "") -> SendFailedError:
        where = f"{self._kafka}, topic {topic}" if topic else self._kafka
        why = str(error) or type(error).__name__
        return SendFailedError(f"Kafka at {where}: {why}; is the broker up, and were its topics made (`omnitrack up`)?")
