"""The state table: bytes to bytes, in memory, per partition; durable in a compacted changelog topic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import faust
from faust.types import TP

from streams.batching.batch import Batch
from streams.batching.built import is_fetched, is_grouped, is_states
from streams.batching.filling import KeyValue, kept
from streams.batching.sender import Outgoing

if TYPE_CHECKING:
    from streams._core import States as CompiledStates
    from streams.batching.app import BatchApp

Write = tuple[bytes, bytes | None]
"""A key with its new value; None deletes it."""


States: TypeAlias = "dict[bytes, bytes] | CompiledStates"
"""Where a partition's keys are kept: in a dictionary, or by the compiled core, which takes less memory for them."""


class BatchTable(faust.Table[bytes, bytes]):
    """Faust recovers it and decides who owns a partition; reads and writes go by partition and batch."""

    app: BatchApp

    def __init__(self, app: BatchApp, new_states: Callable[[], States] = dict, **options: Any) -> None:
        self._new_states = new_states
        self._partitions: dict[int, States] = {}
        self._offsets: dict[int, int] = {}
        # One buffered event is a whole fetched batch; Faust treats a buffer size of 1 in a way of its own.
        super().__init__(app, key_type=bytes, value_type=bytes, recovery_buffer_size=2, **options)

    def partition(self, partition: int) -> Mapping[bytes, bytes]:
        """All keys of a partition; empty if this process does not own it."""
        return self._partitions.get(partition, {})

    def sizes(self) -> Iterator[tuple[int, int, int]]:
        """How many keys each partition has, and bytes of their values."""
        for partition, state in list(self._partitions.items()):
            yield partition, len(state), state.size if is_states(state) else sum(map(len, state.values()))

    def get_many(self, partition: int, keys: Iterable[bytes]) -> list[bytes | None]:
        """The values of the keys in their order, None for a key that is not there."""
        get = self.partition(partition).get
        return [get(key) for key in keys]

    async def write_batch(self, partition: int, groups: Iterable[Sequence[Write]]) -> None:
        """Put and delete; returns when the changelog has it durably, and only then is it in memory.

        A group is written to the changelog as one record batch, so recovery sees all of it or nothing. Raises what
        the driver raises; memory is unchanged then, and the same write may be tried again.
        """
        writes = kept(groups)
        offsets = await self.app.sender.send([Outgoing(self.changelog_topic_name, partition, writes)])
        if is_grouped(writes):
            writes.apply_to(self._own(partition))
        else:
            self._apply(partition, (write for group in writes for write in group))
        self._offsets[partition] = max(self._offsets.get(partition, -1), *offsets.values(), -1)

    def _apply(self, partition: int, writes: Iterable[KeyValue]) -> None:
        state = self._own(partition)
        for key, value in writes:
            if key is None:
                continue
            if value is not None:
                state[key] = value
            elif key in state:
                del state[key]

    def _own(self, partition: int) -> States:
        if partition not in self._partitions:
            self._partitions[partition] = self._new_states()
        return self._partitions[partition]

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """Apply batches read from the changelog, in recovery."""
        for event in batch:
            fetched: Batch = event.value
            if is_fetched(fetched.records):
                fetched.records.apply_to(self._own(fetched.partition))
            else:
                self._apply(fetched.partition, ((record.key, record.value) for record in fetched.records))
            self._offsets[fetched.partition] = fetched.next_offset - 1

    def persisted_offset(self, tp: TP) -> int | None:
        """The changelog offset up to which memory holds the partition: a kept partition is not read again."""
        return self._offsets.get(tp.partition)

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Forget partitions that another process owns now."""
        owned = {tp.partition for tp in assigned if tp.topic == self.changelog_topic_name}
        for partition in set(self._partitions) | set(self._offsets):
            if partition not in owned:
                self._partitions.pop(partition, None)
                self._offsets.pop(partition, None)

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Faust's hook: whoever waits for the states is told that they are complete."""
        await self.call_recover_callbacks()
