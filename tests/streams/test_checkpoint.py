"""Whatever step fails, nothing is lost, nothing counts twice, and nothing is acknowledged before it is durable."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from streams.batching import Outgoing, Write
from streams.checkpoint import Effects, checkpoint


class Crash(Exception):
    """The process ends here; what is durable stays."""


class Refused(Exception):
    """The step failed, and the process goes on."""


@dataclass(slots=True)
class Broker:
    """What is durable: outputs, state, and the committed input offset. `trail` is the order in which it became so.

    `faults` are raised at these points of the way, once each.
    """

    outputs: set[str] = field(default_factory=set)
    state: dict[bytes, bytes] = field(default_factory=dict)
    committed: int = 0
    trail: list[str] = field(default_factory=list)
    faults: dict[str, Exception] = field(default_factory=dict)

    def reach(self, point: str) -> None:
        if point in self.faults:
            raise self.faults.pop(point)

    async def send(self, outgoing: Iterable[Outgoing]) -> None:
        self.reach("before outputs")
        rows = [(value or b"").decode() for one in outgoing for group in one.groups for _, value in group]
        for number, row in enumerate(rows):
            self.outputs.add(row)
            self.reach(f"amid outputs {number}")
        self.trail.append("outputs")
        self.reach("after outputs")

    async def write_batch(self, partition: int, groups: Iterable[Sequence[Write]]) -> None:
        self.reach("before state")
        for number, group in enumerate(groups):
            self.state.update({key: value for key, value in group if value is not None})
            self.reach(f"amid state {number}")
        self.trail.append("state")
        self.reach("after state")


@dataclass(slots=True)
class Delivery:
    """One delivery of a batch; `confirmations` are the answers to the first questions, then it is current."""

    broker: Broker
    offset: int
    confirmations: list[bool] = field(default_factory=list)
    stage: str = "stitch"

    def is_current(self) -> bool:
        return True

    async def confirm(self) -> bool:
        return self.confirmations.pop(0) if self.confirmations else True

    def acknowledge(self) -> None:
        self.broker.reach("before acknowledgement")
        self.broker.committed = self.offset
        self.broker.trail.append("acknowledgement")


POINTS = (
    "before outputs",
    "amid outputs 0",
    "amid outputs 1",
    "after outputs",
    "before state",
    "amid state 0",
    "after state",
    "before acknowledgement",
)


def effects_of(batch: Sequence[int], start: int, state: dict[bytes, bytes]) -> Effects:
    """The job: remember every input position per customer, and output each; like the core, blind to replays."""
    known = {customer: state.get(str(customer).encode(), b"") for customer in batch}
    for position, customer in enumerate(batch, start):
        seen = set(known[customer].split())
        known[customer] = b" ".join(sorted(seen | {str(position).encode()}))
    rows = [(b"k", f"{position}:{customer}".encode()) for position, customer in enumerate(batch, start)]
    return Effects((Outgoing("rows", 0, (rows,)),), 0, [[(str(one).encode(), value)] for one, value in known.items()])


class Processing(RuleBasedStateMachine):
    """A partition's records, and processes that take turns at them: each from the committed offset on."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[int] = []
        self.broker = Broker()
        self.position = 0

    @rule(customers=st.lists(st.integers(0, 3), min_size=1, max_size=6))
    def records_come(self, customers: list[int]) -> None:
        self.records += customers

    @rule(point=st.sampled_from(POINTS), ends_the_process=st.booleans())
    def something_will_fail(self, point: str, ends_the_process: bool) -> None:
        self.broker.faults[point] = Crash() if ends_the_process else Refused()

    @precondition(lambda self: self.position < len(self.records))
    @rule(size=st.integers(1, 5), confirmations=st.lists(st.booleans(), max_size=2))
    def a_batch_is_processed(self, size: int, confirmations: list[bool]) -> None:
        batch = self.records[self.position : self.position + size]
        end = self.position + len(batch)
        committed_before = self.broker.committed
        effects = effects_of(batch, self.position, self.broker.state)
        try:
            done = asyncio.run(checkpoint(effects, self.broker, self.broker, Delivery(self.broker, end, confirmations)))
        except (Crash, Refused) as failure:
            assert self.broker.committed == committed_before
            if isinstance(failure, Crash):
                self.another_process_takes_over()
            return
        if done:
            assert self.broker.committed == end
            self.position = end
        else:
            assert self.broker.committed == committed_before
            self.another_process_takes_over()

    @rule()
    def another_process_takes_over(self) -> None:
        self.position = self.broker.committed

    @invariant()
    def nothing_is_acknowledged_that_is_not_durable(self) -> None:
        done = self.records[: self.broker.committed]
        assert {f"{position}:{customer}" for position, customer in enumerate(done)} <= self.broker.outputs
        for customer in set(done):
            positions = {str(position).encode() for position, one in enumerate(done) if one == customer}
            assert positions <= set(self.broker.state[str(customer).encode()].split())

    @invariant()
    def no_state_is_ahead_of_its_outputs(self) -> None:
        for customer, positions in self.broker.state.items():
            assert {f"{at.decode()}:{customer.decode()}" for at in positions.split()} <= self.broker.outputs

    def teardown(self) -> None:
        self.broker.faults = {}
        self.another_process_takes_over()
        while self.position < len(self.records):
            self.a_batch_is_processed(5, [])
        assert self.broker.committed == len(self.records)
        assert self.broker.outputs == {f"{position}:{customer}" for position, customer in enumerate(self.records)}


TestProcessing = Processing.TestCase
TestProcessing.settings = settings(stateful_step_count=30, deadline=None)


def test_the_order_is_outputs_then_state_then_acknowledgement() -> None:
    broker = Broker()
    assert asyncio.run(checkpoint(effects_of([1, 2], 0, {}), broker, broker, Delivery(broker, 2)))
    assert broker.trail == ["outputs", "state", "acknowledgement"]


@pytest.mark.parametrize(
    ("point", "before"),
    [
        ("before outputs", []),
        ("amid outputs 1", []),
        ("after outputs", ["outputs"]),
        ("amid state 0", ["outputs"]),
        ("after state", ["outputs", "state"]),
        ("before acknowledgement", ["outputs", "state"]),
    ],
)
def test_a_step_that_fails_is_the_last_one(point: str, before: list[str]) -> None:
    broker = Broker(faults={point: Refused()})
    with pytest.raises(Refused):
        asyncio.run(checkpoint(effects_of([1, 2], 0, {}), broker, broker, Delivery(broker, 2)))
    assert (broker.trail, broker.committed) == (before, 0)


def test_a_partition_that_has_moved_gets_no_outputs_either() -> None:
    broker = Broker()
    assert not asyncio.run(checkpoint(effects_of([1], 0, {}), broker, broker, Delivery(broker, 1, [False])))
    assert (broker.outputs, broker.state, broker.committed) == (set(), {}, 0)


def test_a_partition_that_moves_meanwhile_gets_neither_state_nor_acknowledgement() -> None:
    broker = Broker()
    assert not asyncio.run(checkpoint(effects_of([1], 0, {}), broker, broker, Delivery(broker, 1, [True, False])))
    assert (broker.state, broker.committed, broker.trail) == ({}, 0, ["outputs"])


def test_a_batch_without_effects_is_acknowledged() -> None:
    broker = Broker()
    assert asyncio.run(checkpoint(Effects(), broker, None, Delivery(broker, 7)))
    assert (broker.committed, broker.trail) == (7, ["acknowledgement"])
