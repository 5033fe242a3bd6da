"""Copies records, each with its key, value, headers and timestamp, and keeps how far it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from omnitrack.copying.ordered import OrderedReader
from omnitrack.copying.plan import CannotCopy, Deployment
from omnitrack.offsets import Partition
from omnitrack.sending import NotSentError, RecordSender

COPIED_FROM = "omnitrack-copied-from"
"""The header that a copy has beside those of its record: cluster/topic/partition/offset."""
_RECORDS_AT_ONCE = 10_000
_BYTES_AT_ONCE = 16 * 1024 * 1024


@dataclass(slots=True)
class CopyRun:
    """One run; `copied` are acknowledged, `native` came from the target once, and are there already."""

    reader: OrderedReader
    sender: RecordSender
    source: Deployment
    target: Deployment
    topics: Mapping[str, str]
    copied: int = 0
    native: int = 0
    _under_way: int = 0
    _bytes_settled: int = 0
    _done: dict[Partition, int] = field(default_factory=dict)

    def copy(self, go_on: Callable[[int], bool]) -> None:
        """Copy until all is, or `go_on`, told after each record how many were read, says no.

        What was read is then acknowledged, and a next run goes on behind it. Raises `NotSentError`, `CannotCopy` and
        `KafkaError`: then a next run copies again what was not kept as done, which makes duplicates and changes no row.
        """
        read = 0
        for record in self.reader.records():
            if record is not None:
                read += 1
                self._take(record)
            if not go_on(read):
                break
            if self._under_way >= _RECORDS_AT_ONCE or self.sender.bytes_sent - self._bytes_settled >= _BYTES_AT_ONCE:
                self._settle()
        self._settle()

    def _take(self, record: Any) -> None:
        self._done[Partition(record.topic, record.partition)] = record.offset + 1
        if self._is_native(record):
            self.native += 1
            return
        place = f"{record.topic}/{record.partition}/{record.offset}"
        # The driver sends neither a record without both nor a header without a value: to ingest, empty is the same.
        value = b"" if record.key is None and record.value is None else record.value
        headers = [(name, text or b"") for name, text in record.headers]
        try:
            self.sender.send(
                self.topics[record.topic],
                record.key,
                value,
                headers=[*headers, (COPIED_FROM, f"{self.source.cluster}/{place}".encode())],
                timestamp_ms=record.timestamp,
            )
        except NotSentError as error:
            raise CannotCopy(f"{record.topic}:{record.partition} offset {record.offset}: {error}") from error
        self._under_way += 1

    def _is_native(self, record: Any) -> bool:
        begin = f"{self.target.cluster}/{self.topics[record.topic]}/".encode()
        return any(name == COPIED_FROM and (value or b"").startswith(begin) for name, value in record.headers)

    def _settle(self) -> None:
        self.sender.flush()
        self.copied += self._under_way
        self._under_way, self._bytes_settled = 0, self.sender.bytes_sent
        if self._done:
            self.reader.commit(self._done)
            self._done.clear()
