"""The period that a metric is asked for, as people write it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

DEFAULT_LENGTH = timedelta(days=30)
MONTH = re.compile(r"(\d{4})-(\d{2})")
SHAPES = "give a day such as 2026-03-01, a month such as 2026-03, or a time such as 2026-03-01T09:00:00+08:00"


class BadPeriod(ValueError):
    """A time cannot be read, or the period ends before it begins."""


class Period(NamedTuple):
    """From `since` until before `until`."""

    since: datetime
    until: datetime

    def __str__(self) -> str:
        return f"{_written(self.since)} until {_written(self.until)}"


def parse_period(since: str | None, until: str | None, zone: str, now: datetime) -> Period:
    """The period from `since` until before `until`; days and months begin at midnight in `zone`.

    Without `until` it ends now, without `since` it begins 30 days before its end. Raises `BadPeriod`.
    """
    end = now.astimezone(ZoneInfo(zone)) if until is None else parse_moment(until, zone, "--until")
    begin = end - DEFAULT_LENGTH if since is None else parse_moment(since, zone, "--since")
    if begin >= end:
        raise BadPeriod(f"--since {_written(begin)} is not before --until {_written(end)}")
    return Period(begin, end)


def parse_month(text: str, zone: str) -> Period:
    """The month `YYYY-MM` in `zone`. Raises `BadPeriod`."""
    begin = _month(text, ZoneInfo(zone))
    if begin is None:
        raise BadPeriod(f"--month: {text!r} is no month: give one such as 2026-03")
    return Period(begin, next_month(begin))


def next_month(begin: datetime) -> datetime:
    """The begin of the month after the one that begins at `begin`."""
    return (begin + timedelta(days=32)).replace(day=1)


def month_before(period: Period) -> Period:
    """The month before one that `parse_month` gave."""
    return Period((period.since - timedelta(days=1)).replace(day=1), period.since)


def parse_moment(text: str, zone: str, option: str) -> datetime:
    """The beginning of a day or month in `zone`, or an RFC 3339 time (in `zone` without offset). Raises `BadPeriod`."""
    place = ZoneInfo(zone)
    begin = _month(text, place)
    if begin is not None:
        return begin
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadPeriod(f"{option}: {text!r} is no time: {SHAPES}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=place)


def _month(text: str, place: tzinfo) -> datetime | None:
    match = MONTH.fullmatch(text)
    if match is None or not 1 <= int(match[2]) <= 12 or int(match[1]) < 1:
        return None
    return datetime(int(match[1]), int(match[2]), 1, tzinfo=place)


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}" if (moment.hour, moment.minute) == (0, 0) else f"{moment:%Y-%m-%d %H:%M}"
