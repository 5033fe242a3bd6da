"""Reads what several partitions hold in the order in which Kafka received it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from types import TracebackType
from typing import Any, Self

from kafka import TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from omnitrack.copying.plan import Span
from omnitrack.offsets import Offsets, Partition
from omnitrack.tolerant_consumer import TolerantConsumer
from schemas.kafka_security import client_options

_SILENCE_SECONDS = 30.0
_RECORDS_AHEAD = 100_000
"""How many records may wait in memory, over all partitions, until one of another partition was read."""
_LEAST_AHEAD = 500


class OrderedReader:
    """A member of no group that keeps its offsets under the name of one, in a `with` block.

    Records of transactions that were aborted are left out, as ingest leaves them out.
    """

    def __init__(self, kafka: str, group: str, spans: Mapping[Partition, Span]) -> None:
        """Connect. Raises `KafkaError`."""
        self._consumer = TolerantConsumer(
            **client_options(kafka),
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_poll_records=5_000,
            fetch_max_wait_ms=100,
        )
        self._ends = {TopicPartition(*place): span.end for place, span in spans.items() if len(span)}
        self._most_ahead = max(_LEAST_AHEAD, _RECORDS_AHEAD // max(1, len(self._ends)))
        self._ahead: dict[TopicPartition, deque[Any]] = {place: deque() for place in self._ends}
        self._first: list[tuple[int, TopicPartition]] = []
        """A heap: of each partition that has records ahead, when the first of them was received."""
        self._consumer.assign(list(self._ends))
        for place in self._ends:
            self._consumer.seek(place, spans[Partition(*place)].first)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._consumer.close()

    def records(self) -> Iterator[Any]:
        """The driver's records of all spans, the earliest timestamp first, each partition's in their order.

        Yields None now and then while it waits. Raises `KafkaError`, also if a partition stays silent for long.
        """
        waiting = set(self._ends)
        heard = time.monotonic()
        while waiting or self._first:
            while waiting and (reached := self._read_on(waiting)) is not None:
                waiting -= reached
                if reached:
                    heard = time.monotonic()
                elif time.monotonic() > heard + _SILENCE_SECONDS:
                    raise KafkaError(self._silence(min(waiting)))
                yield None
            if not self._first:
                return
            _, place = heappop(self._first)
            yield self._ahead[place].popleft()
            if not self._line_up(place) and not self._is_read(place):
                waiting.add(place)
                heard = time.monotonic()

    def commit(self, offsets: Offsets) -> None:
        """Keep these as the offsets to go on from. Raises `KafkaError`."""
        self._consumer.commit(
            {TopicPartition(*place): OffsetAndMetadata(offset, "", -1) for place, offset in offsets.items()}
        )

    def _read_on(self, waiting: set[TopicPartition]) -> set[TopicPartition]:
        """Fetch once; returns which of `waiting` have a record now, or have none any more."""
        for place, ahead in self._ahead.items():
            if len(ahead) < self._most_ahead:
                self._consumer.resume(place)
            else:
                self._consumer.pause(place)
        for place, records in self._consumer.poll(timeout_ms=200).items():
            self._ahead[place].extend(record for record in records if record.offset < self._ends[place])
        return {place for place in waiting if self._line_up(place) or self._is_read(place)}

    def _line_up(self, place: TopicPartition) -> bool:
        ahead = self._ahead[place]
        if ahead:
            heappush(self._first, (ahead[0].timestamp, place))
        return bool(ahead)

    def _is_read(self, place: TopicPartition) -> bool:
        return bool(self._consumer.position(place) >= self._ends[place])

    def _silence(self, place: TopicPartition) -> str:
        return (
            f"{place.topic}:{place.partition} stays silent at offset {self._consumer.position(place)} for"
            f" {_SILENCE_SECONDS:.0f} s: a broker may be away, or a transaction open"
        )
