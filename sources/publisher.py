"""Publishes touchpoints to Kafka: judged first, acknowledged by all replicas, in order for each identity.

A touchpoint that breaks the contract is a Refusal and goes nowhere.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from kafka import KafkaProducer
from kafka.errors import KafkaError
from murmurhash2 import murmurhash2

from schemas.cloudevents import EventForm
from schemas.refusal import Refusal
from schemas.topics import BUILT_IN_CHANNELS, Topics
from sources.admission import Accepted, Admission
from sources.deliveries import Deliveries
from sources.producer import connect_producer
from sources.settings import PublisherSettings

__all__ = ["Accepted", "DeliveryError", "Publisher", "Refusal"]

MOST_UNDER_WAY = 20_000
"""Records that are sent and not acknowledged; the driver itself would buffer without bound."""

HASH_SEED = 0x9747B28C
"""Of the default partitioner of Kafka's clients."""

_GRACE_SECONDS = 5.0


class DeliveryError(Exception):
    """Kafka did not take what was sent. One line: which broker, what is wrong, what to do."""


class Publisher:
    """Sends touchpoints in the background; a context manager that closes itself.

    `send`, `flush` and `close` raise DeliveryError, also for touchpoints sent before: none that was accepted is lost
    silently. For use by one thread.
    """

    def __init__(
        self,
        settings: PublisherSettings,
        channels: Sequence[str] = BUILT_IN_CHANNELS,
        events: EventForm | None = None,
    ) -> None:
        """Connect; a broker that does not answer within `settings.answer_seconds` is a DeliveryError.

        `events` None: touchpoints are sent plain, else as CloudEvents of this form.
        """
        self._settings = settings
        self._admission = Admission(Topics(settings.topic_prefix, tuple(channels)), events)
        self._deliveries = Deliveries(MOST_UNDER_WAY)
        self._partition_counts: dict[str, int] = {}
        self._producer = self._connect()

    @property
    def delivered(self) -> int:
        """How many touchpoints Kafka has acknowledged."""
        return self._deliveries.delivered

    def send(self, touchpoint: Mapping[str, Any] | bytes) -> Accepted | Refusal:
        """Judge a touchpoint and, if it keeps the contract, hand it over; waits while too many are under way.

        Raises `DeliveryError` if Kafka does not take it, or has not taken one that was sent before.
        """
        judged = self._admission.judge(touchpoint, int(time.time() * 1000))
        if isinstance(judged, Accepted):
            self._hand_over(judged)
        return judged

    def flush(self) -> None:
        """Return once all that was sent is acknowledged. Raises `DeliveryError` for what was not."""
        # The driver gives up on a batch in time; it gets a while longer to say so.
        seconds = self._settings.delivery_seconds + _GRACE_SECONDS
        try:
            self._producer.flush(timeout=seconds)
        except KafkaError as error:
            raise self._explained(error) from error
        if not self._deliveries.wait(seconds):
            raise self._explained(TimeoutError(f"not acknowledged within {seconds:g} s"))
        self._raise_failure()

    def close(self) -> None:
        """Flush and disconnect, which it does even if the flush raises `DeliveryError`."""
        try:
            self.flush()
        finally:
            with suppress(KafkaError):
                self._producer.close(timeout=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except DeliveryError as undelivered:
            if error is None:
                raise
            # The error that is on its way already must not be hidden by this one.
            error.add_note(str(undelivered))

    def _connect(self) -> KafkaProducer:
        try:
            return connect_producer(
                self._settings.kafka, self._settings.answer_seconds, self._settings.delivery_seconds
            )
        except KafkaError as error:
            raise self._explained(error) from error

    def _hand_over(self, accepted: Accepted) -> None:
        self._raise_failure()
        topic = accepted.topic
        try:
            partitions = self._partition_counts.get(topic) or self._count_partitions(topic)
            if not self._deliveries.begin(self._settings.delivery_seconds):
                raise self._explained(TimeoutError(f"took nothing for {self._settings.delivery_seconds:g} s"), topic)
            # The driver would hash the key in Python, at a third of the cost of sending it.
            partition = _hash(accepted.key) % partitions
            future = self._producer.send(
                topic, key=accepted.key, value=accepted.payload, headers=list(accepted.headers), partition=partition
            )
        except KafkaError as error:
            raise self._explained(error, topic) from error
        future.add_both(self._deliveries.settle)

    def _count_partitions(self, topic: str) -> int:
        self._partition_counts[topic] = len(self._producer.partitions_for(topic))
        return self._partition_counts[topic]

    def _raise_failure(self) -> None:
        failure = self._deliveries.first_failure
        if failure is not None:
            raise self._explained(failure) from failure

    def _explained(self, error: BaseException, topic: str = "") -> DeliveryError:
        where = f"{self._settings.kafka}, topic {topic}" if topic else self._settings.kafka
        deliveries = self._deliveries
        open_count = deliveries.under_way + deliveries.failed
        lost = f" (touchpoints not acknowledged: {open_count:,})" if open_count else ""
        advice = "is the broker up, and were its topics made (`omnitrack up`)?"
        return DeliveryError(f"Kafka at {where}: {str(error) or type(error).__name__}{lost}; {advice}")


def _hash(key: bytes) -> int:
    """What the default partitioner of Kafka's clients takes modulo the number of partitions."""
    return murmurhash2(key, HASH_SEED) & 0x7FFFFFFF
