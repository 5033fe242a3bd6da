"""When customers come: hours of the day, days of the week, opening hours, outages, and the tempo of play."""

from __future__ import annotations

from functools import lru_cache
from random import Random
from typing import NamedTuple

from schemas.durations import DAY, HOUR, MINUTE

_OFFSET = 8 * HOUR
_FIRST_WEEKDAY = 3  # 1 January 1970 was a Thursday
_SATURDAY = 5
_HOURS = (2, 1, 1, 1, 1, 2, 5, 12, 30, 62, 88, 80, 60, 66, 78, 74, 66, 56, 48, 50, 54, 40, 20, 7)
_WEEKDAYS = (1.0, 0.92, 0.88, 0.9, 1.0, 0.6, 0.45)
_BUSY_HOURS = frozenset((10, 11, 14, 15))
_OPENS, _CLOSES = 9 * HOUR, 17 * HOUR
_OUTAGE_CHANNELS = ("mobile_app", "online_banking", "wechat", "atm")
PEAK = max(_HOURS) * max(_WEEKDAYS)


class Tempo(NamedTuple):
    """How fast journeys are played: at `compression` 60 an hour between two visits takes a minute."""

    compression: float = 1.0

    @property
    def natural(self) -> bool:
        """Whether journeys take as long as they do in life."""
        return self.compression == 1.0

    def squeeze(self, milliseconds: float) -> int:
        """The time that takes in play, in ms; never less than 20, so that order stays certain."""
        return max(20, int(milliseconds / self.compression))


class Outage(NamedTuple):
    """A channel is out of order from `begins` to before `ends` (ms), and says so as `incident_id`."""

    incident_id: str
    channel: str
    begins: int
    ends: int


def crowd(at: int) -> float:
    """How many customers are about at a moment, relative to `PEAK`."""
    local = at + _OFFSET
    return _HOURS[local % DAY // HOUR] * _WEEKDAYS[_weekday(local)]


def is_busy(at: int) -> bool:
    """Whether the hour is one in which people queue in branches and on the hotline."""
    return (at + _OFFSET) % DAY // HOUR in _BUSY_HOURS


def next_open(channel: str, at: int) -> int:
    """The first moment from `at` on when the channel serves: branches from 9 to 17, except on Sundays."""
    if channel != "branch":
        return at
    local = at + _OFFSET
    day, time = local - local % DAY, local % DAY
    if time >= _CLOSES:
        day, time = day + DAY, 0
    if _weekday(day) > _SATURDAY:
        day, time = day + DAY, 0
    return day + max(time, _OPENS) - _OFFSET


@lru_cache(maxsize=512)
def outage_of_day(seed: int, day: int) -> Outage:
    """The one outage that each day has, on one self-service channel, for 20 to 90 minutes."""
    rng = Random(f"outage {seed} {day}")
    begins = day * DAY + rng.randrange(DAY - 2 * HOUR)
    channel = rng.choice(_OUTAGE_CHANNELS)
    return Outage(f"INC-{day}-{channel}", channel, begins, begins + rng.randrange(20 * MINUTE, 90 * MINUTE))


def incident_at(seed: int, channel: str, at: int) -> str | None:
    """The outage that a channel suffers at a moment, if any."""
    outage = outage_of_day(seed, at // DAY)
    return outage.incident_id if outage.channel == channel and outage.begins <= at < outage.ends else None


def _weekday(local: int) -> int:
    return (local // DAY + _FIRST_WEEKDAY) % 7
