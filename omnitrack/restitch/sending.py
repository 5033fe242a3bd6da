"""Hands histories to stitching, through the `customer` topic."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from kafka.errors import KafkaError

from schemas.touchpoint import History, encode_customer_record
from sources.producer import connect_producer
from sources.settings import PublisherSettings


class NotSentError(Exception):
    """Kafka did not take the histories. One line: which broker, what is wrong, what to do."""


class HistorySender:
    """A context manager; what was sent before an error may or may not have arrived, and does no harm."""

    def __init__(self, kafka: str, topic: str) -> None:
        """Connect. Raises `NotSentError`."""
        self._settings = PublisherSettings(kafka=kafka)
        self._topic = topic
        self._under_way: list[Any] = []
        self.bytes_sent = 0
        try:
            self._producer = connect_producer(self._settings)
        except KafkaError as error:
            raise self._explained(error) from error

    def send(self, customer_id: str, parts: Iterable[History]) -> None:
        """Send the parts of a customer's history in their order. Raises `NotSentError`."""
        for part in parts:
            value = encode_customer_record(part)
            self.bytes_sent += len(value)
            try:
                self._under_way.append(self._producer.send(self._topic, key=customer_id.encode(), value=value))
            except KafkaError as error:
                raise self._explained(error) from error

    def flush(self) -> None:
        """Return once all that was sent is acknowledged. Raises `NotSentError`."""
        try:
            self._producer.flush(timeout=self._settings.delivery_seconds)
            for future in self._under_way:
                future.get(timeout=self._settings.answer_seconds)
        except KafkaError as error:
            raise self._explained(error) from error
        self._under_way.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(KafkaError):
            self._producer.close(timeout=0)

    def _explained(self, error: KafkaError) -> NotSentError:
        where = f"Kafka at {self._settings.kafka}, topic {self._topic}"
        return NotSentError(f"{where}: {str(error) or type(error).__name__}; run it again once the broker is up")
