"""Where deliveries go: a file of JSON lines, or the channels' topics byte for byte."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from kafka.errors import KafkaError

from schemas.topics import Topics
from sources.producer import connect_producer
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
    `answer_seconds`, or did not take a record within three times that, or refused it for good.
    """

    def __init__(self, kafka: str, topics: Topics, answer_seconds: float = 15.0) -> None:
        self._kafka = kafka
        self._topics = topics
        self._answer_seconds = answer_seconds
        self._delivery_seconds = 3 * answer_seconds
        self._failure: BaseException | None = None
        try:
            self._producer = connect_producer(kafka, answer_seconds, self._delivery_seconds)
        except KafkaError as error:
            raise self._failed(error) from error

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
            self._producer.flush(timeout=self._delivery_seconds)
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
