"""Whatever step fails, nothing is lost, and nothing is acknowledged before it is durable."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from streams.batching import Outgoing
from streams.checkpoint import Effects, Write, checkpoint


class Crash(Exception):
    """The process ends here; what is durable stays."""


@dataclass(slots=True)
class Faults:
    """Lets the n-th step from now on crash, before or after it took effect; the process may also lose its partition."""

    plan: list[str]

    def strike(self, when: str) -> None:
        if self.plan and self.plan[0] == when:
            self.plan.pop(0)
            raise Crash(when)


@dataclass(slots=True)
class FakeBroker:
    """What is durable: outputs, state, and the committed input offset; `trail` is the order in which it became so."""

    faults: Faults
    outputs: set[str] = field(default_factory=set)
    state: dict[bytes, bytes] = field(default_factory=dict)
    committed: int = 0
    trail: list[str] = field(default_factory=list)

    async def send(self, outgoing: Iterable[Outgoing]) -> None:
        self.faults.strike("before outputs")
        for one in outgoing:
            for group in one.groups:
                self.outputs |= {(value or b"").decode() for _, value in group}
        self.trail.append("outputs")
        self.faults.strike("after outputs")

    async def write_batch(self, partition: int, groups: Iterable[Sequence[Write]]) -> None:
        self.faults.strike("before state")
        for number, group in enumerate(groups):
            self.state.update({key: value for key, value in group if value is not None})
            self.faults.strike(f"amid state {number}")
        self.trail.append("state")
        self.faults.strike("after state")


@dataclass(slots=True)
class FakeDelivery:
    broker: FakeBroker
    offset: int
    moves: bool

    def is_current(self) -> bool:
        return not self.moves

    def acknowledge(self) -> None:
        self.broker.faults.strike("before acknowledgement")
        self.broker.committed = self.offset
        self.broker.trail.append("acknowledgement")


POINTS = ["before outputs", "after outputs", "before state", "amid state 0", "after state", "before acknowledgement"]
inputs = st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=5), min_size=1, max_size=6)


def effects_of(batch: list[int], start: int, state: dict[bytes, bytes]) -> Effects:
    """The job: remember every input position per customer, and output each; like the core, blind to replays."""
    known = {customer: state.get(str(customer).encode(), b"") for customer in batch}
    for position, customer in enumerate(batch, start):
        seen = set(known[customer].split())
        known[customer] = b" ".join(sorted(seen | {str(position).encode()}))
    rows = [(b"k", f"{position}:{customer}".encode()) for position, customer in enumerate(batch, start)]
    return Effects((Outgoing("rows", 0, (rows,)),), 0, [[(str(one).encode(), value)] for one, value in known.items()])


async def run(batches: list[list[int]], broker: FakeBroker, moves: list[bool]) -> None:
    """A process: goes on from the committed offset, and dies with the first crash."""
    start = 0
    for batch in batches:
        end = start + len(batch)
        if end > broker.committed:
            moved = bool(moves and moves.pop())
            delivery = FakeDelivery(broker, end, moved)
            if not await checkpoint(effects_of(batch, start, broker.state), broker, broker, delivery):
                return
        start = end


@given(inputs, st.lists(st.sampled_from(POINTS), max_size=6), st.lists(st.booleans(), max_size=6))
def test_whatever_fails_and_restarts_nothing_is_lost_and_nothing_counts_twice(
    batches: list[list[int]], plan: list[str], moves: list[bool]
) -> None:
    broker = FakeBroker(Faults(plan))
    for _ in range(len(plan) + len(moves) + 1):
        try:
            asyncio.run(run(batches, broker, moves))
        except Crash:
            continue
    asyncio.run(run(batches, broker, []))
    customers = [customer for batch in batches for customer in batch]
    assert broker.committed == len(customers)
    assert broker.outputs == {f"{position}:{customer}" for position, customer in enumerate(customers)}
    for customer in set(customers):
        positions = {str(at).encode() for at, one in enumerate(customers) if one == customer}
        assert set(broker.state[str(customer).encode()].split()) == positions


@given(inputs, st.lists(st.sampled_from(POINTS), max_size=1))
def test_every_acknowledgement_follows_its_outputs_and_its_state(batches: list[list[int]], plan: list[str]) -> None:
    broker = FakeBroker(Faults(plan))
    try:
        asyncio.run(run(batches, broker, []))
    except Crash:
        done = broker.trail.count("acknowledgement")
        assert broker.committed == sum(len(batch) for batch in batches[:done])
    order = ["outputs", "state", "acknowledgement"]
    assert broker.trail == (order * len(batches))[: len(broker.trail)]


def test_a_partition_that_moved_gets_neither_state_nor_acknowledgement() -> None:
    broker = FakeBroker(Faults([]))
    effects = effects_of([1], 0, {})
    assert not asyncio.run(checkpoint(effects, broker, broker, FakeDelivery(broker, 1, moves=True)))
    assert (broker.state, broker.committed, broker.trail) == ({}, 0, ["outputs"])


def test_a_batch_without_effects_is_acknowledged() -> None:
    broker = FakeBroker(Faults([]))
    assert asyncio.run(checkpoint(Effects(), broker, None, FakeDelivery(broker, 7, moves=False)))
    assert (broker.committed, broker.trail) == (7, ["acknowledgement"])
