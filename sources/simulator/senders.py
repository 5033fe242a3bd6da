"""Where deliveries go: a file of JSON lines, or the channels' topics byte for byte."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from kafka import KafkaProducer
from kafka.errors import KafkaError

from schemas.topics import Topics
from sources.simulator.dirt import Delivery

_ANSWER_SECONDS = 15


class SendFailedError(Exception):
    """Records did not reach their topics: one line that says where, and what to do."""


class Sender(Protocol):
    """Takes deliveries in order; after `flush` all of them have arrived."""

    def send(self, delivery: Delivery) -> None: ...

    def flush(self) -> None: ...

    def close(self) -> None: ...


class FileSender:
    """One payload a line. A line tells no topic, so a record on the wrong channel's topic cannot be told by it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=1 << 20)

    def send(self, delivery: Delivery) -> None:
        self._file.write(delivery.payload.replace(b"\n", b" ") + b"\n")

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class RawSender:
    """Sends to the channels' topics without looking at the bytes. Raises SendFailedError, also for earlier sends."""

    def __init__(self, kafka: str, topics: Topics) -> None:
        self._kafka = kafka
        self._topics = topics
        self._failure: BaseException | None = None
        try:
            self._producer = KafkaProducer(
                bootstrap_servers=kafka,
                acks="all",
                linger_ms=20,
                batch_size=256 * 1024,
                max_block_ms=_ANSWER_SECONDS * 1000,
                bootstrap_timeout_ms=_ANSWER_SECONDS * 1000,
                delivery_timeout_ms=2 * _ANSWER_SECONDS * 1000,
                request_timeout_ms=_ANSWER_SECONDS * 1000,
                allow_auto_create_topics=False,
            )
        except KafkaError as error:
            raise self._failed(error) from error

    def send(self, delivery: Delivery) -> None:
        if self._failure is not None:
            raise self._failed(self._failure) from self._failure
        topic = self._topics.touchpoints(delivery.channel)
        try:
            future = self._producer.send(topic, key=delivery.key, value=delivery.payload)
        except KafkaError as error:
            raise self._failed(error, topic) from error
        future.add_errback(self._note_failure)

    def flush(self) -> None:
        try:
            self._producer.flush(timeout=2 * _ANSWER_SECONDS)
        except KafkaError as error:
            raise self._failed(error) from error
        if self._failure is not None:
            raise self._failed(self._failure) from self._failure

    def close(self) -> None:
        self._producer.close(timeout=_ANSWER_SECONDS)

    def _note_failure(self, error: BaseException) -> None:
        self._failure = self._failure or error

    def _failed(self, error: BaseException, topic: str = "") -> SendFailedError:
        where = f"{self._kafka}, topic {topic}" if topic else self._kafka
        why = str(error) or type(error).__name__
        return SendFailedError(f"Kafka at {where}: {why}; is the broker up, and were its topics made (`omnitrack up`)?")
