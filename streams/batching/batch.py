"""What one agent item is: all records that were fetched together from one partition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from faust.serializers.schemas import Schema
from faust.types import AppT, EventT, Message

from streams.batching.built import is_fetched


class Record(Protocol):
    """A record as the driver hands it out. `timestamp` is in ms; `timestamp_type` 1 is the broker's append time."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""

    @property
    def timestamp(self) -> int:
        """Kafka's time, Unix milliseconds."""

    @property
    def timestamp_type(self) -> int:
        """0: the producer's time; 1: that of the broker when it was appended."""

    @property
    def key(self) -> bytes | None:
        """As it was sent; None: without."""

    @property
    def value(self) -> bytes | None:
        """As it was sent; None: a tombstone."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """Names with values, in their order; a name may come twice."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one partition in offset order, and the offset that follows them.

    `next_offset` lies behind whatever was read after the last record (markers of transactions, compacted records),
    so `records` may be empty. `seeks` is how often the consumer had gone back to what is committed when it was fetched.
    """

    topic: str
    partition: int
    records: Sequence[Record]
    next_offset: int
    seeks: int = 0

    def values_by_key(self) -> dict[bytes | None, list[bytes | None]]:
        """The records' values by their keys, both in the order of the records: for a handler that needs no more.

        It is the fastest way to take a batch in, since no object is made of a record.
        """
        if is_fetched(self.records):
            return self.records.values_by_key()
        values: defaultdict[bytes | None, list[bytes | None]] = defaultdict(list)
        for record in self.records:
            values[record.key].append(record.value)
        return dict(values)


class Delivery(Protocol):
    """The right to work on one batch, and the duty to acknowledge it."""

    @property
    def stage(self) -> str:
        """The name of the agent that works on it."""
        ...

    def is_current(self) -> bool:
        """Whether this process owns the batch's partition as far as it knows."""
        ...

    async def confirm(self) -> bool:
        """Whether it owns it for certain: the group has confirmed it lately. Waits until that is known.

        To be asked before anything is made durable. False if the partition has moved, or is being given up.
        """
        ...

    def acknowledge(self) -> None:
        """Let the batch's offset be committed, once all batches before it are acknowledged too."""
        ...


Handler = Callable[[Batch, Delivery], Awaitable[None]]
"""What processes a batch; it acknowledges when all effects are durable and raises only when infrastructure fails."""


class BatchSchema(Schema[Any, Any]):
    """Passes batches through: nothing is decoded, so nothing is dropped as undecodable."""

    def compile(self, app: AppT, **_kwargs: Any) -> Any:
        """Faust's hook: a decoder that hands on the whole batch as it is."""
        create_event = app.create_event

        async def decode(message: Message, *, propagate: bool = False) -> EventT[Any]:
            return create_event(None, message.value, None, message)

        return decode
