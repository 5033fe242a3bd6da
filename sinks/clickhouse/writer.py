"""The ClickHouse sink: whole batches, one INSERT each, patient with the server, unforgiving with its own rows."""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import structlog
from clickhouse_driver import Client
from clickhouse_driver import errors as driver
from tenacity import RetryCallState, RetryError, Retrying, retry_if_exception_type, wait_exponential_jitter
from tenacity.nap import sleep_using_event
from tenacity.stop import stop_when_event_set

from sinks.clickhouse.client import connect
from sinks.clickhouse.columns import Columns, columns_of, rejected_columns
from sinks.clickhouse.errors import (
    DATA_CODES,
    ClickHouseRefused,
    ClickHouseUnavailable,
    RowsRefused,
    TimesDiffer,
    explained,
)
from sinks.clickhouse.inserts import insert_block, insert_columns
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.meters import INSERT_FAILURES, INSERT_SECONDS, ROWS_INSERTED
from sinks.port import Entry, Rejection, SinkStopped, Table

if TYPE_CHECKING:
    from sinks._core import Block

LOG_EVERY_SECONDS = 10.0
LONGEST_WAIT_SECONDS = 5.0
# What the driver raises, besides its own errors, when a value does not fit its column.
ENCODING_ERRORS = (
    driver.TypeMismatchError,
    driver.CannotParseUuidError,
    struct.error,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
)

log = structlog.get_logger(__name__)


class Writer:
    """The `Sink` of ClickHouse, one connection per calling thread.

    While ClickHouse is away or refuses for reasons other than the rows, a call holds its one batch and tries again,
    logging every 10 seconds what it waits for. A row that ClickHouse refuses is a bug of ours: it is logged in full
    and kept in `rejected_rows`, and the others are stored.
    """

    def __init__(self, settings: ClickHouseSettings) -> None:
        self._settings = settings
        self._stopping = threading.Event()
        self._thread = threading.local()
        self._logged_at = float("-inf")

    def write(self, table: Table, entries: Sequence[Entry]) -> None:
        """Insert the entries, as one block where ClickHouse takes it; rows that it refuses go to `rejected_rows`.

        Returns when all are stored, however long ClickHouse is away. Raises `SinkStopped` after `stop`.
        """
        if entries:
            self.reject(self._store(table, entries))

    def write_block(self, table: Table, block: Block) -> None:
        """Insert the rows of `block`, however long ClickHouse is away.

        Raises `RowsRefused` where ClickHouse takes one of them for impossible, `ColumnDiffers` where it would have to
        convert them, and `SinkStopped` after `stop`.
        """
        self._insert_patiently(table, partial(insert_block, table=table, block=block))

    def reject(self, rejections: Sequence[Rejection]) -> None:
        """Store what can be no row in `rejected_rows`, with the reason, now as the time."""
        if rejections:
            now = time.time_ns() // 1_000_000
            self._insert_columns("rejected_rows", rejected_columns(rejections, now))

    def stop(self) -> None:
        """Wait for ClickHouse no longer: a `write` that waits gives up."""
        self._stopping.set()

    def _store(self, table: Table, entries: Sequence[Entry]) -> list[Rejection]:
        """Store what can be stored, halving down to the rows that cannot, and return those."""
        try:
            self._insert_columns(table, _columns(table, entries))
        except RowsRefused as error:
            if len(entries) == 1:
                return [_rejection(table, entries[0], error)]
            middle = len(entries) // 2
            return self._store(table, entries[:middle]) + self._store(table, entries[middle:])
        return []

    def _insert_columns(self, table: str, columns: Columns) -> None:
        self._insert_patiently(table, partial(insert_columns, table=table, columns=columns))

    def _insert_patiently(self, table: str, insert: Callable[[Client], int]) -> None:
        started = time.monotonic()

        def note_wait(attempt: RetryCallState) -> None:
            INSERT_FAILURES.labels(table).inc()
            self._log_wait(table, attempt, started)

        retrying = Retrying(
            retry=retry_if_exception_type((ClickHouseUnavailable, ClickHouseRefused, TimesDiffer)),
            wait=wait_exponential_jitter(multiplier=0.1, max=LONGEST_WAIT_SECONDS),
            stop=stop_when_event_set(self._stopping),
            sleep=sleep_using_event(self._stopping),
            before_sleep=note_wait,
        )
        try:
            retrying(self._insert, table, insert)
        except RetryError as error:
            raise SinkStopped(
                f"stopped while {table} waited for ClickHouse: {error.last_attempt.exception()}"
            ) from error

    def _insert(self, table: str, insert: Callable[[Client], int]) -> None:
        client = self._client()
        try:
            with explained(self._settings), INSERT_SECONDS.labels(table).time():
                rows = insert(client)
        except ClickHouseRefused as error:
            if error.code in DATA_CODES:
                raise RowsRefused(str(error)) from error
            raise
        except ENCODING_ERRORS as error:
            raise RowsRefused(f"{type(error).__name__}: {error}") from error
        ROWS_INSERTED.labels(table).inc(rows)

    def _client(self) -> Client:
        client: Client | None = getattr(self._thread, "client", None)
        if client is None:
            client = self._thread.client = connect(self._settings)
        return client

    def _log_wait(self, table: str, attempt: RetryCallState, started: float) -> None:
        now = time.monotonic()
        if now - self._logged_at < LOG_EVERY_SECONDS:
            return
        self._logged_at = now
        error = attempt.outcome.exception() if attempt.outcome else None
        log.warning("waiting for ClickHouse", table=table, waited_seconds=round(now - started), error=str(error))


def _columns(table: Table, entries: Sequence[Entry]) -> Columns:
    try:
        return columns_of(table, [entry.row for entry in entries])
    except (ValueError, TypeError, AttributeError) as error:
        raise RowsRefused(f"{type(error).__name__}: {error}") from error


def _rejection(table: Table, entry: Entry, error: RowsRefused) -> Rejection:
    log.error(
        "row refused by ClickHouse, kept in rejected_rows: a bug, please report it",
        table=table,
        topic=entry.topic,
        partition=entry.partition,
        offset=entry.offset,
        error=str(error),
    )
    return Rejection(table, entry.topic, entry.partition, entry.offset, entry.payload, str(error))
