"""A process is started again with growing delays, and given up when it dies at once again and again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from omnitrack.restarts import GiveUp, RestartAfter, RestartPolicy, decide

POLICY = RestartPolicy(first_delay=0.5, greatest_delay=1.5, settled_after=20.0, deaths_at_once=5)


def fates(lives: list[float]) -> list[RestartAfter | GiveUp]:
    deaths, found = 0, []
    for lived in lives:
        decision = decide(POLICY, deaths, lived)
        found.append(decision)
        if isinstance(decision, GiveUp):
            break
        deaths = decision.deaths_at_once
    return found


def test_the_delay_doubles_up_to_the_greatest() -> None:
    assert [fate.delay for fate in fates([1.0] * 4) if isinstance(fate, RestartAfter)] == [0.5, 1.0, 1.5, 1.5]


def test_the_fifth_death_at_once_is_the_last() -> None:
    assert fates([0.1] * 9)[-1] == GiveUp(5)
    assert len(fates([0.1] * 9)) == 5


def test_a_process_that_had_settled_starts_the_count_anew() -> None:
    assert not any(isinstance(fate, GiveUp) for fate in fates([0.1, 0.1, 0.1, 0.1, 60.0, 0.1, 0.1, 0.1, 0.1]))


@given(st.lists(st.floats(20.0, 1e6), max_size=50))
def test_a_process_that_always_settles_is_never_given_up(lives: list[float]) -> None:
    assert all(isinstance(fate, RestartAfter) for fate in fates(lives))


@given(st.lists(st.floats(0.0, 1e6), min_size=1, max_size=50))
def test_every_delay_lies_between_the_first_and_the_greatest(lives: list[float]) -> None:
    delays = [fate.delay for fate in fates(lives) if isinstance(fate, RestartAfter)]
    assert all(POLICY.first_delay <= delay <= POLICY.greatest_delay for delay in delays)
