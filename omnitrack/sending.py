"""Records from a command into Kafka, each acknowledged before the command says so."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from kafka.errors import KafkaError

from sources.producer import connect_producer
from sources.settings import PublisherSettings


class NotSentError(Exception):
    """Kafka did not take the records. One line: which broker, what is wrong, what to do."""


class RecordSender:
    """A context manager; what was sent before an error may or may not have arrived, and does no harm."""

    def __init__(self, kafka: str) -> None:
        """Connect. Raises `NotSentError`."""
        self._settings = PublisherSettings(kafka=kafka)
        self._under_way: list[tuple[str, Any]] = []
        self.bytes_sent = 0
        try:
            self._producer = connect_producer(kafka, self._settings.answer_seconds, self._settings.delivery_seconds)
        except KafkaError as error:
            raise self._explained(error) from error

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None = None,
        *,
        headers: Sequence[tuple[str, bytes | None]] = (),
        timestamp_ms: int | None = None,
    ) -> None:
        """Send a record, to the partition of its key if none is given, as of now. Raises `NotSentError`."""
        self.bytes_sent += len(value or b"")
        try:
            sent = self._producer.send(topic, value, key, list(headers), partition, timestamp_ms)
            self._under_way.append((topic, sent))
        except KafkaError as error:
            raise self._explained(error, topic) from error

    def flush(self) -> None:
        """Return once all that was sent is acknowledged. Raises `NotSentError`."""
        try:
            self._producer.flush(timeout=self._settings.delivery_seconds)
        except KafkaError as error:
            raise self._explained(error) from error
        for topic, future in self._under_way:
            try:
                future.get(timeout=self._settings.answer_seconds)
            except KafkaError as error:
                raise self._explained(error, topic) from error
        self._under_way.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(KafkaError):
            self._producer.close(timeout=0)

    def _explained(self, error: KafkaError, topic: str | None = None) -> NotSentError:
        where = f"Kafka at {self._settings.kafka}" + (f", topic {topic}" if topic else "")
        return NotSentError(f"{where}: {str(error) or type(error).__name__}; run it again once the broker is up")
