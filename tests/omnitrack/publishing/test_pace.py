"""A loop held to a rate."""

from __future__ import annotations

from dataclasses import dataclass, field

from omnitrack.publishing.pace import Pace


@dataclass(slots=True)
class Clock:
    """Time that passes by sleeping only."""

    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_steps_come_evenly_the_first_at_once() -> None:
    clock = Clock()
    pace = Pace(4, clock.sleep, clock)
    for _ in range(9):
        pace.step()
    assert clock.now == 102.0


def test_without_a_rate_it_never_sleeps() -> None:
    clock = Clock()
    pace = Pace(None, clock.sleep, clock)
    for _ in range(1_000):
        pace.step()
    assert clock.slept == []


def test_a_long_pause_is_not_caught_up_in_one_burst() -> None:
    clock = Clock()
    pace = Pace(10, clock.sleep, clock)
    pace.step()
    clock.now += 60
    for _ in range(100):
        pace.step()
    assert clock.now >= 160 + 8
