"""kafka-python's consumer, for topics that others write to: it would take a batch with an odd header for corrupt."""

from __future__ import annotations

from typing import Any

from kafka import KafkaConsumer
from kafka.record.default_records import DefaultRecordBatch

from streams.batching.odd_headers import mend_names

_read_strictly = DefaultRecordBatch._read_msg


def _read(batch: Any) -> Any:
    try:
        return _read_strictly(batch)
    except UnicodeDecodeError:
        mend_names(batch._buffer, batch._pos)
        return _read_strictly(batch)


DefaultRecordBatch._read_msg = _read


class TolerantConsumer(KafkaConsumer):  # type: ignore[misc] # kafka-python brings no types
    """Reads headers whatever their names: bytes that are not UTF-8 are question marks, as in what workers read."""
