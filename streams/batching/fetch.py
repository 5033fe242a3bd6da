"""Takes what the driver has fetched, by whole record batches: the loop over the records is compiled.

The driver's own way builds a tuple per record in Python, which costs more than all the rest of a fetch.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult
from aiokafka.errors import CorruptRecordException

from streams.batching.batch import Record
from streams.batching.built import new_records
from streams.batching.odd_headers import read_with_odd_headers

if TYPE_CHECKING:
    from streams._core import FetchedRecords


@dataclass(frozen=True, slots=True)
class Fetched:
    """Records taken from one partition, the position behind them, and the partition's end as of the fetch.

    `seeks` tells after how many seeks of the consumer they were taken.
    """

    records: Sequence[Record]
    next_offset: int
    highwater: int
    seeks: int = 0


async def take(
    fetcher: Any,
    wanted: Callable[[], Collection[Any]],
    roomy: asyncio.Event,
    patience: float,
    limit: Callable[[Any], int],
    compiled: bool = True,
) -> dict[Any, list[Fetched]]:
    """Take what is fetched of the `wanted` partitions, waiting up to `patience` seconds for the first of it.

    `limit` bounds the records of a partition, up to the end of the record batch that reaches it. `wanted` is asked
    again whenever `roomy` is set; `compiled` is that of `unpack`. Raises what the fetch raised (authorisation, corrupt
    records).
    """
    deadline = time.monotonic() + patience
    while True:
        if fetcher._subscriptions.reassignment_in_progress:
            await fetcher._subscriptions.wait_for_assignment()
        roomy.clear()
        taken = _take_fetched(fetcher, wanted(), limit, compiled)
        remaining = deadline - time.monotonic()
        if taken or remaining <= 0:
            return taken
        await _wait_for_more(fetcher, roomy, remaining)
        if fetcher._closed:
            return {}


async def _wait_for_more(fetcher: Any, roomy: asyncio.Event, patience: float) -> None:
    waiter = fetcher._create_fetch_waiter()
    room = asyncio.ensure_future(roomy.wait())
    try:
        await asyncio.wait({waiter, room}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        if waiter.done() and not waiter.cancelled():
            waiter.result()
    finally:
        room.cancel()
        if not waiter.done():
            waiter.cancel()


def _take_fetched(
    fetcher: Any, wanted: Collection[Any], limit: Callable[[Any], int], compiled: bool
) -> dict[Any, list[Fetched]]:
    taken: dict[Any, list[Fetched]] = {}
    for tp in list(fetcher._records):
        if tp not in wanted:
            if not fetcher._subscriptions.is_assigned(tp):
                del fetcher._records[tp]
            continue
        result = fetcher._records[tp]
        if type(result) is not FetchResult:
            if taken:
                break
            del fetcher._records[tp]
            fetcher._notify(fetcher._wait_consume_future)
            result.check_raise()
            continue
        fetched = _take_partition(result, tp, limit(tp), compiled)
        if not result.has_more():
            del fetcher._records[tp]
            fetcher._notify(fetcher._wait_consume_future)
        if fetched is not None:
            taken[tp] = [fetched]
    return taken


def _take_partition(result: Any, tp: Any, limit: int, compiled: bool) -> Fetched | None:
    if not result.check_assignment(tp) or not result.has_more():
        return None
    source = result._partition_records
    before = source.next_fetch_offset
    records = unpack(source, limit, compiled)
    state = result._assignment.state_value(tp)
    state.consumed_to(source.next_fetch_offset)
    if not source._records.has_next():
        result._partition_records = None
    if source.next_fetch_offset == before:
        return None
    return Fetched(records, source.next_fetch_offset, state.highwater or 0)


def unpack(source: Any, limit: int, compiled: bool = True) -> Sequence[Record]:
    """The next records of a fetched partition, at least `limit` if it has so many; moves its position behind them.

    `compiled` reads them with the compiled core, which makes an object of a record only when it is asked for, and
    leaves to the driver what is compressed, of an old form or damaged. Raises `CorruptRecordException`.
    """
    records: list[Record] | FetchedRecords = new_records() if compiled else []
    fetched = source._records
    # It and its iterator, which is not used here, hold each other, and all that was fetched until the collector comes.
    source._records_iterator = None
    while len(records) < limit and fetched.has_next():
        chunk = fetched.next_batch()
        position = source.next_fetch_offset
        if _is_passed_over(source, chunk):
            _check(source, chunk)
        elif isinstance(records, list) or not records.read(fetched.data, fetched.begin, fetched.end, position):
            _check(source, chunk)
            found = _records_of(chunk, fetched)
            records.extend(found if chunk.base_offset >= position else _from(found, position))
        source.next_fetch_offset = chunk.next_offset
    return records


def _from(records: list[Record], position: int) -> list[Record]:
    return [record for record in records if record.offset >= position]


def _check(source: Any, chunk: Any) -> None:
    if source._check_crcs and not chunk.validate_crc():
        raise CorruptRecordException(f"Invalid CRC - {source._tp}")


def _records_of(chunk: Any, fetched: Any) -> list[Record]:
    try:
        return list(chunk)
    except UnicodeDecodeError:
        return read_with_odd_headers(fetched)


def _is_passed_over(source: Any, chunk: Any) -> bool:
    return _is_aborted(source, chunk) or chunk.is_control_batch


def _is_aborted(source: Any, chunk: Any) -> bool:
    if source._isolation_level != READ_COMMITTED or chunk.producer_id is None:
        return False
    source._consume_aborted_up_to(chunk.base_offset)
    if chunk.is_control_batch:
        if source._contains_abort_marker(chunk):
            source._aborted_producers.discard(chunk.producer_id)
        return True
    return bool(chunk.is_transactional and chunk.producer_id in source._aborted_producers)
