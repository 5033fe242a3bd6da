"""Both cores, fed the same: agents with states of their own, and what each sends and writes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from schemas.catalogue import Catalogue
from schemas.topics import Topics
from schemas.touchpoint import (
    CustomerRecord,
    encode_customer_record,
)
from streams.agents.stitch import Stitch, Stitched
from streams.batching import Batch, Write
from streams.compiled import compiled_core
from streams.journey.packing import unpack
from tests.streams.agents.fake_record import FakeRecord
from tests.streams.agents.stitch_bench import FakePublisher, FakeStates
from tests.streams.journey.cases import at

Fed = tuple[str, CustomerRecord]


@dataclass(slots=True)
class Core:
    """An agent with states of its own; `compiled` or not."""

    catalogue: Catalogue
    compiled: bool
    states: FakeStates = field(default_factory=FakeStates)
    stitch: Stitch = field(init=False)

    def __post_init__(self) -> None:
        core = compiled_core(self.catalogue) if self.compiled else None
        assert core is not None or not self.compiled
        if core is not None:
            self.states.data[0] = core.states()
        self.stitch = Stitch(Topics(), self.catalogue, self.states, FakePublisher(), lambda: at("2 00:00"), (), core)

    def restart(self, catalogue: Catalogue) -> None:
        """Go on from the same states by another catalogue."""
        core = compiled_core(catalogue) if self.compiled else None
        self.catalogue = catalogue
        self.stitch = Stitch(Topics(), catalogue, self.states, FakePublisher(), lambda: at("2 00:00"), (), core)
        self.stitch.recover([0])

    def left(self, batch: Batch, clock: int) -> Mapping[bytes, str]:
        """Why the compiled core leaves which customers of the batch."""
        core = compiled_core(self.catalogue)
        assert core is not None
        return core.advance(batch.records, [], self.states.data.get(0, {}), clock, clock).left

    def due(self) -> Mapping[str, int]:
        """When each customer is due, as it is found in the states after a recovery."""
        self.stitch.recover([0])
        return self.stitch.times[0].due._due

    def take(self, batch: Batch, clock: int) -> Stitched:
        stitched = self.stitch.stitch(batch, clock)
        asyncio.run(self.states.write_batch(0, stitched.effects.writes))
        self.stitch.times[0].due.set(stitched.due)
        return stitched


@dataclass(slots=True)
class Both:
    """The two of them, given the same."""

    catalogue: Catalogue
    offset: int = 0
    left: dict[bytes, str] = field(default_factory=dict)
    compiled: Core = field(init=False)
    python: Core = field(init=False)

    def __post_init__(self) -> None:
        self.compiled, self.python = Core(self.catalogue, True), Core(self.catalogue, False)

    def agree(self, fed: Sequence[Fed], clock: int) -> Stitched:
        """Feed a batch to both, and see that they make the same of it."""
        records = []
        for customer_id, item in fed:
            records.append(FakeRecord(self.offset, customer_id.encode(), encode_customer_record(item)))
            self.offset += 1
        batch = Batch("customer", 0, records, self.offset)
        self.left |= self.compiled.left(batch, clock)
        compiled, python = self.compiled.take(batch, clock), self.python.take(batch, clock)
        assert sent(compiled) == sent(python)
        assert written(compiled) == written(python)
        assert compiled.due == python.due
        assert compiled.seen == python.seen
        assert self.compiled.due() == self.python.due()
        return compiled


def sent(stitched: Stitched) -> Mapping[tuple[str, bytes | None], list[bytes | None]]:
    """What is sent to each topic of each customer, in order."""
    found = defaultdict(list)
    for outgoing in stitched.effects.outputs:
        for key, value in (record for group in outgoing.groups for record in group):
            found[outgoing.topic, key].append(value)
    return found


def written(stitched: Stitched) -> list[list[Write]]:
    """What is written of each customer, unpacked: two compressors may pack alike values otherwise."""
    return sorted([(key, _unpacked(key, value)) for key, value in group] for group in stitched.effects.writes)


def _unpacked(key: bytes, value: bytes | None) -> bytes | None:
    if value is None or key.startswith(b"\x00erased"):
        return value
    lead = 0 if b"\x00" in key else 8
    return value[: lead + 1] + unpack(value[lead:])
