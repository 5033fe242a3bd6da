"""The lease holds only as long as the coordinator cannot have given the partitions to another process."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from streams.batching.lease import Lease

SESSION, REBALANCE = 10.0, 30.0


@dataclass(slots=True)
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def lease_at(clock: Clock) -> Lease:
    return Lease(SESSION, REBALANCE, clock)


def test_nothing_holds_before_the_group_has_confirmed() -> None:
    assert not lease_at(Clock()).holds()


def test_it_holds_for_a_session_less_a_margin_from_the_question_not_from_the_answer() -> None:
    clock = Clock()
    lease = lease_at(clock)
    clock.now = 5
    lease.confirm(asked_at=2)
    clock.now = 2 + SESSION * 0.89
    assert lease.holds()
    clock.now = 2 + SESSION * 0.9
    assert not lease.holds()


def test_a_process_that_was_stopped_past_its_session_wakes_without_the_lease() -> None:
    clock = Clock()
    lease = lease_at(clock)
    lease.confirm(0)
    clock.now = 3_600
    assert not lease.holds()
    lease.confirm(3_600)
    assert lease.holds()


def test_it_ends_at_once_when_the_coordinator_does_not_know_the_process() -> None:
    lease = lease_at(Clock())
    lease.confirm(0)
    lease.lose()
    assert not lease.holds()


def test_a_rebalance_that_lasts_too_long_ends_it_whatever_the_heartbeats_say() -> None:
    clock = Clock()
    lease = lease_at(clock)
    lease.confirm(0)
    for second in range(1, int(REBALANCE * 0.9)):
        clock.now = second
        lease.confirm_amid_rebalance(second)
        assert lease.holds()
    clock.now = REBALANCE * 0.9
    lease.confirm_amid_rebalance(clock.now)
    assert not lease.holds()


@given(st.lists(st.tuples(st.floats(0, 5), st.sampled_from(["confirm", "rebalancing", "lose", "none"])), max_size=40))
def test_it_never_outlasts_what_the_broker_waits(steps: list[tuple[float, str]]) -> None:
    clock = Clock()
    lease = lease_at(clock)
    session_from = rebalance_from = float("-inf")
    for wait, answer in steps:
        clock.now += wait
        if answer == "confirm":
            lease.confirm(clock.now)
            session_from = rebalance_from = clock.now
        elif answer == "rebalancing":
            lease.confirm_amid_rebalance(clock.now)
            session_from = clock.now
        elif answer == "lose":
            lease.lose()
            session_from = float("-inf")
        assert not lease.holds() or clock.now < min(session_from + SESSION, rebalance_from + REBALANCE)
