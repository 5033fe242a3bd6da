"""When to start a process again after it died, and when to give up. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """Times are seconds. A process that lived shorter than `settled_after` died at once."""

    first_delay: float = 0.5
    greatest_delay: float = 10.0
    settled_after: float = 20.0
    deaths_at_once: int = 4


@dataclass(frozen=True, slots=True)
class RestartAfter:
    """Start it again after `delay` seconds; it has died so many times in a row."""

    delay: float
    deaths_at_once: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It has died too many times in a row."""

    deaths_at_once: int


def decide(policy: RestartPolicy, deaths_at_once: int, lived: float) -> RestartAfter | GiveUp:
    """What to do about a death after `lived` seconds that followed `deaths_at_once` deaths in a row.

    A process that had settled starts the count anew. The delay doubles with every death in a row.
    """
    if lived >= policy.settled_after:
        return RestartAfter(policy.first_delay, 0)
    deaths = deaths_at_once + 1
    if deaths >= policy.deaths_at_once:
        return GiveUp(deaths)
    return RestartAfter(min(policy.greatest_delay, policy.first_delay * 2.0 ** (deaths - 1)), deaths)
