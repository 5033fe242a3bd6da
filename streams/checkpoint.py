"""The order of delivery: nothing is acknowledged before all its effects are durable. Everything goes through here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from streams.batching import Delivery, Outgoing, Write
from streams.meters import timed

if TYPE_CHECKING:
    from streams._core import Grouped


class Publisher(Protocol):
    """Where a checkpoint's outputs go."""

    async def send(self, outgoing: Iterable[Outgoing]) -> object:
        """Publish; returns when everything is durable, raises if anything may not be."""
        ...


class StateStore(Protocol):
    """Where a checkpoint's states go."""

    async def write_batch(self, partition: int, groups: Iterable[Sequence[Write]]) -> None:
        """Put and delete keys; returns when the changelog has it durably, else raises and changes nothing."""
        ...


class StateTable(StateStore, Protocol):
    """States that can be read as well."""

    def partition(self, partition: int) -> Mapping[bytes, bytes]:
        """The encoded states of one partition, by key."""
        ...


@dataclass(frozen=True, slots=True)
class Effects:
    """What an input batch leads to. A group of `writes` is one customer's, and stays together in the changelog."""

    outputs: Sequence[Outgoing] = ()
    partition: int = 0
    writes: Sequence[Sequence[Write]] | Grouped = ()


async def checkpoint(
    effects: Effects, publisher: Publisher, state: StateStore | None, delivery: Delivery, *, is_done: bool = True
) -> bool:
    """Publish the outputs, then write the state (None: there is none), then acknowledge the input.

    Each step is taken only after the one before is durable. False if the partition moved to another process before
    or in between: that one does the batch again, and must find neither rows nor a state that it did not write. Raises
    what a step raises; the steps after it have not been taken then. All may be repeated: outputs replace each other by
    key, and writes are absolute. A batch of which only a part `is_done` is not acknowledged, and taken anew.
    """
    if not await _confirm(delivery):
        return False
    if effects.outputs:
        with timed(delivery.stage, "publish"):
            await publisher.send(effects.outputs)
    if not await _confirm(delivery):
        return False
    if state is not None and effects.writes:
        with timed(delivery.stage, "write_state"):
            await state.write_batch(effects.partition, effects.writes)
    if is_done:
        delivery.acknowledge()
    return True


async def _confirm(delivery: Delivery) -> bool:
    with timed(delivery.stage, "confirm"):
        return await delivery.confirm()
