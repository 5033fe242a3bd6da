"""Reads a range of a partition, to tell offsets that hold a record from those that never did."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from kafka import TopicPartition
from kafka.errors import KafkaError

from omnitrack.audit.account import Range
from omnitrack.offsets import Partition
from omnitrack.tolerant_consumer import TolerantConsumer
from schemas.kafka_security import client_options

_SILENCE_SECONDS = 30.0
_NEAR = 1_000
"""Offsets that are rather read over than sought past: seeking throws away what was fetched."""


class RecordFinder:
    """A consumer without a group, in a `with` block. Transactions that were aborted are read, as ingest reads them."""

    def __init__(self, kafka: str) -> None:
        self._consumer = TolerantConsumer(
            **client_options(kafka), group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        self._at: TopicPartition | None = None
        # What was read behind the last range; all offsets up to `_position` were read.
        self._ahead: deque[int] = deque()
        self._asked = self._position = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._consumer.close()

    def records_in(self, place: Partition, offsets: Range) -> Iterator[int]:
        """The offsets that hold a record, in order; none for what expired meanwhile. Raises `KafkaError`.

        Of one partition the ranges are asked one after the other, each behind the last.
        """
        self._go_to(TopicPartition(place.topic, place.number), offsets.first)
        while True:
            while self._ahead and self._ahead[0] <= offsets.last:
                offset = self._ahead.popleft()
                if offset >= offsets.first:
                    yield offset
            if self._position > offsets.last:
                return
            self._read_on()

    def _go_to(self, at: TopicPartition, offset: int) -> None:
        near = at == self._at and self._asked <= offset <= self._position + _NEAR
        self._asked = offset
        if near:
            return
        if at != self._at:
            self._consumer.assign([at])
        self._consumer.seek(at, offset)
        self._at, self._position = at, offset
        self._ahead.clear()

    def _read_on(self) -> None:
        before, deadline = self._position, time.monotonic() + _SILENCE_SECONDS
        while self._position == before:
            if time.monotonic() > deadline:
                raise KafkaError(f"{self._at} stays silent at offset {before} for {_SILENCE_SECONDS:.0f} s")
            fetched: dict[TopicPartition, list[Any]] = self._consumer.poll(timeout_ms=200)
            self._ahead.extend(record.offset for record in fetched.get(self._at, []))
            self._position = self._consumer.position(self._at)
