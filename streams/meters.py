"""The meters of the streams, counted once per batch. A stage is an agent: `ingest`, `identity`, `stitch`, `store`, …"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Literal

from prometheus_client import Counter, Histogram

Step = Literal["confirm", "publish", "write_state"]
"""A step of the checkpoint."""

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
RECORDS = (1, 10, 50, 100, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000)

RECORDS_IN = Counter("omnitrack_records_in", "Records taken in, all their effects durable.", ("stage", "topic"))
RECORDS_OUT = Counter("omnitrack_records_out", "Records that the broker took durably, states included.", ("topic",))
BATCH_RECORDS = Histogram("omnitrack_batch_records", "Records of a batch.", ("stage",), buckets=RECORDS)
BATCH_SECONDS = Histogram(
    "omnitrack_batch_seconds", "From a batch's turn to its acknowledgement.", ("stage",), buckets=SECONDS
)
STEP_SECONDS = Histogram(
    "omnitrack_checkpoint_step_seconds",
    "A step of the checkpoint: confirm that the partition is ours, publish, write_state.",
    ("stage", "step"),
    buckets=SECONDS,
)
CUSTOMERS_LEFT = Counter(
    "omnitrack_customers_left_to_python",
    "Customers of a batch that the compiled core of stitching left to the Python core, by the reason.",
    ("reason",),
)
RECORDS_LEFT = Counter(
    "omnitrack_records_left_to_python",
    "Records that the compiled core left to the Python of `ingest`, `identity` and `alert`, by the reason.",
    ("stage", "reason"),
)
RETRIES = Counter("omnitrack_batch_retries", "Attempts at a batch that failed and were repeated.", ("stage",))


def count_batch(stage: str, topic: str, records: int, seconds: float) -> None:
    """Count an acknowledged batch, on which `seconds` were spent."""
    records_in, batch_records, batch_seconds = _of_batches(stage, topic)
    records_in.inc(records)
    batch_records.observe(records)
    batch_seconds.observe(seconds)


def count_sent(topic: str, records: int) -> None:
    """Count records that the broker took."""
    _of_sent(topic).inc(records)


@contextmanager
def timed(stage: str, step: Step) -> Iterator[None]:
    """Count how long a step takes; one that fails counts as well."""
    began = time.perf_counter()
    try:
        yield
    finally:
        _of_step(stage, step).observe(time.perf_counter() - began)


# Looked up by their labels, meters cost as much as all else of a small batch's checkpoint that does not wait.


@cache
def _of_batches(stage: str, topic: str) -> tuple[Counter, Histogram, Histogram]:
    return RECORDS_IN.labels(stage, topic), BATCH_RECORDS.labels(stage), BATCH_SECONDS.labels(stage)


@cache
def _of_sent(topic: str) -> Counter:
    return RECORDS_OUT.labels(topic)


@cache
def _of_step(stage: str, step: Step) -> Histogram:
    return STEP_SECONDS.labels(stage, step)
