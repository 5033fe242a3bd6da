"""A schedule is a pure function of its seed, can be written down and read back, and fits the deployment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.schedule import (
    BROKER,
    CLICKHOUSE,
    MOST_WORKERS,
    SCHEDULES,
    SESSION_SECONDS,
    SHORT,
    SINK,
    Action,
    Schedule,
    draw,
    worker,
)

seeds = st.integers(0, 2**32)


@given(seeds)
def test_a_seed_always_gives_the_same_schedule(seed: int) -> None:
    assert draw(seed, 40, 1_000) == draw(seed, 40, 1_000)


@given(seeds)
def test_a_schedule_is_read_back_as_it_was_written_down(seed: int) -> None:
    schedule = draw(seed, 40, 1_000)
    assert Schedule.parse(f"# found something\n\n{schedule}\n") == schedule


@given(seeds)
def test_there_are_always_one_to_four_workers(seed: int) -> None:
    schedule = draw(seed, 120, 1_000)
    running = {worker(number) for number in range(1, schedule.workers + 1)}
    for strike in schedule.strikes:
        if strike.action is Action.ADD:
            assert strike.target not in running
            running.add(strike.target)
        if strike.action is Action.REMOVE:
            running.remove(strike.target)
        if strike.action in (Action.KILL, Action.PAUSE):
            assert strike.target in {*running, SINK, BROKER, CLICKHOUSE}
        assert 1 <= len(running) <= MOST_WORKERS


@given(seeds)
def test_strikes_come_in_order_and_a_pause_of_a_member_outlasts_its_session(seed: int) -> None:
    schedule = draw(seed, 120, 1_000)
    times = [strike.at for strike in schedule.strikes]
    assert times == sorted(times)
    assert all(at < schedule.seconds for at in times)
    members = [strike for strike in schedule.strikes if strike.action is Action.PAUSE and strike.target not in _SERVERS]
    assert all(strike.seconds > SESSION_SECONDS for strike in members)


def test_every_action_is_drawn() -> None:
    drawn = {strike.action for seed in range(20) for strike in draw(seed, 60, 1_000).strikes}
    assert drawn == set(Action)


def test_a_line_that_is_no_strike_is_refused() -> None:
    with pytest.raises(ValueError, match="hug"):
        Schedule.parse(f"{draw(1, 1, 1)}\n3.0 hug worker-1 0.0")


_SERVERS = {BROKER, CLICKHOUSE}


def test_the_kept_schedules_can_be_read() -> None:
    schedules = [Schedule.parse(path.read_text()) for path in SCHEDULES.glob("*.txt")]
    assert all(schedule.strikes for schedule in schedules)
    assert Schedule.parse(SHORT.read_text()) in schedules
