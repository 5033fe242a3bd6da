"""Business time: what passes while a bank is open. Times are UTC milliseconds, durations milliseconds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from schemas.durations import MINUTE, SECOND

_DAY = timedelta(days=1)

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a bank is open: `hours` has for Monday to Sunday its spans (opens, closes) in minutes since midnight.

    The spans of a day are in order and apart, as a lunch break parts them; a day without any is closed. They are what
    the clocks of the time zone show, whatever summer time makes of them.
    """

    time_zone: str
    hours: tuple[tuple[Span, ...], ...]
    holidays: frozenset[date] = frozenset()

    @property
    def weekly(self) -> int:
        """So long is it open in a week without holidays."""
        return sum((closes - opens) * MINUTE for spans in self.hours for opens, closes in spans)


def counted_back(calendar: Calendar, moment: int, duration: int) -> int:
    """The latest moment from which at least `duration`, more than 0, of business time passes until `moment`.

    Never returns for a calendar that is never open.
    """
    openings = _openings_back(calendar, moment)
    left = duration
    opens, closes = next(openings)
    while (passed := max(0, min(closes, moment) - opens)) < left:
        left -= passed
        opens, closes = next(openings)
    return min(closes, moment) - left


def _openings_back(calendar: Calendar, moment: int) -> Iterator[tuple[int, int]]:
    """When it opened and closed, each time that it was open, from the last day that may have begun by `moment`."""
    zone = ZoneInfo(calendar.time_zone)
    # Where clocks are put back over midnight, the next day has begun once before the day of `moment` goes on.
    day = datetime.fromtimestamp(moment / 1000, zone).date() + _DAY
    while True:
        if day not in calendar.holidays:
            yield from _openings_of(day, calendar.hours[day.weekday()], zone)
        day -= _DAY


def _openings_of(day: date, spans: tuple[Span, ...], zone: ZoneInfo) -> Iterator[tuple[int, int]]:
    """The last one first. Where clocks are put forward over a break, it closes no later than it opens again."""
    opened_again = None
    for span in reversed(spans):
        opens, closes = (_moment(day, minutes, zone) for minutes in span)
        if opened_again is not None:
            closes = min(closes, opened_again)
        if opens < closes and _exists(day, opens, zone):
            yield opens, closes
            opened_again = opens


def _moment(day: date, minutes: int, zone: ZoneInfo) -> int:
    shown = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return int(shown.replace(tzinfo=zone).timestamp()) * SECOND


def _exists(day: date, opens: int, zone: ZoneInfo) -> bool:
    """False for a day that a zone left out as it went over the date line."""
    return datetime.fromtimestamp(opens / 1000, zone).date() == day
