"""Business time is what passes while the bank is open, whatever clocks, holidays and date lines do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schemas.business_time import Calendar, Span, counted_back

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NINE_TO_FIVE = ((9 * 60, 17 * 60),)
WEEKDAYS = (*(NINE_TO_FIVE,) * 5, (), ())
WITH_LUNCH = ((9 * 60, 12 * 60), (13 * 60 + 30, 17 * 60))
BERLIN = Calendar("Europe/Berlin", WEEKDAYS, frozenset({date(2026, 12, 25)}))
ALL_DAY = ((0, 24 * 60),)

ZONES = ("UTC", "Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Africa/Cairo", "Asia/Kathmandu")
MOMENTS = st.integers(
    int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * 1000, int(datetime(2040, 1, 1, tzinfo=UTC).timestamp()) * 1000
)
DURATIONS = st.integers(1, 20 * DAY)
OPENINGS = st.lists(st.integers(0, 1440), max_size=6, unique=True).map(
    lambda minutes: tuple(zip(*[iter(sorted(minutes))] * 2, strict=False))
)
"""Up to three spans of a day, in order and apart."""


@st.composite
def calendars(draw: st.DrawFn, openings: st.SearchStrategy[tuple[Span, ...]] = OPENINGS) -> Calendar:
    hours = draw(st.tuples(*(openings for _ in range(7))))
    calendar = Calendar(
        draw(st.sampled_from(ZONES)), hours, draw(st.frozensets(st.dates(date(2000, 1, 1)), max_size=5))
    )
    assume(calendar.weekly >= 8 * HOUR)
    return calendar


def at(text: str, zone: str = "Europe/Berlin") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000


def time_between(calendar: Calendar, since: int, until: int) -> int:
    """The business time that passes, day by day of the zone's clocks."""
    zone = ZoneInfo(calendar.time_zone)
    first, last = (datetime.fromtimestamp(moment / 1000, zone).date() for moment in (since, until))
    passed = 0
    for number in range(-1, (last - first).days + 2):
        day = first + timedelta(days=number)
        counted_until = since
        for hours in () if day in calendar.holidays else calendar.hours[day.weekday()]:
            opens, closes = (datetime.combine(day, time()) + timedelta(minutes=minutes) for minutes in hours)
            began, ended = (int(shown.replace(tzinfo=zone).timestamp()) * 1000 for shown in (opens, closes))
            if datetime.fromtimestamp(began / 1000, zone).date() == day:
                passed += max(0, min(ended, until) - max(began, counted_until))
                counted_until = max(counted_until, ended)
    return passed


@pytest.mark.parametrize(
    ("due", "hours", "near"),
    [
        ("2026-11-24T16:00", 4, "2026-11-24T12:00"),
        ("2026-11-30T10:00", 4, "2026-11-27T14:00"),  # a Monday, a Friday
        ("2026-11-30T10:00", 1, "2026-11-30T09:00"),  # one opening, not the closing before it
        ("2026-11-29T12:00", 2, "2026-11-27T15:00"),  # due on a Sunday
        ("2026-11-24T08:00", 2, "2026-11-23T15:00"),  # due before it opens
        ("2026-11-24T23:00", 2, "2026-11-24T15:00"),  # due after it has closed
        ("2026-12-28T10:00", 4, "2026-12-24T14:00"),  # Friday is a holiday
        ("2026-03-30T10:00", 4, "2026-03-27T14:00"),  # clocks were put forward on Sunday
        ("2026-10-26T10:00", 4, "2026-10-23T14:00"),  # and back
        ("2026-11-24T17:00", 40, "2026-11-18T09:00"),
    ],
)
def test_it_is_counted_back_over_what_is_closed(due: str, hours: int, near: str) -> None:
    assert counted_back(BERLIN, at(due), hours * HOUR) == at(near)
    assert time_between(BERLIN, at(near), at(due)) == hours * HOUR


@pytest.mark.parametrize(
    ("due", "hours", "near"),
    [
        ("2026-11-24T16:00", 4, "2026-11-24T10:30"),  # over lunch
        ("2026-11-24T13:00", 1, "2026-11-24T11:00"),  # due in the break
        ("2026-11-24T14:30", 1, "2026-11-24T13:30"),  # one opening, not the closing before it
        ("2026-11-24T10:00", 4, "2026-11-23T14:00"),  # over a night
        ("2026-11-30T10:00", 6.5, "2026-11-27T10:00"),  # over a weekend: a day is six and a half hours
    ],
)
def test_a_lunch_break_is_no_business_time(due: str, hours: float, near: str) -> None:
    shut_at_noon = Calendar("Europe/Berlin", (*(WITH_LUNCH,) * 5, (), ()))
    assert counted_back(shut_at_noon, at(due), round(hours * HOUR)) == at(near)
    assert time_between(shut_at_noon, at(near), at(due)) == hours * HOUR
    assert shut_at_noon.weekly == 5 * 6.5 * HOUR


def test_a_break_that_the_clocks_leave_out_is_none() -> None:
    """On 29 March 2026 clocks go from 2:00 to 3:00: what shuts at 2:30 and opens at 3:00 is open throughout."""
    early = Calendar("Europe/Berlin", (((60, 150), (180, 240)),) * 7)
    assert time_between(early, at("2026-03-29T00:00"), at("2026-03-29T12:00")) == 2 * HOUR
    assert counted_back(early, at("2026-03-29T12:00"), 2 * HOUR) == at("2026-03-29T01:00")


def test_a_night_that_is_open_has_the_hours_that_pass() -> None:
    nights = Calendar("Europe/Berlin", (ALL_DAY,) * 7)
    assert time_between(nights, at("2026-03-29T00:00"), at("2026-03-30T00:00")) == 23 * HOUR
    assert time_between(nights, at("2026-10-25T00:00"), at("2026-10-26T00:00")) == 25 * HOUR


def test_a_day_that_a_zone_left_out_is_not_open() -> None:
    samoa = Calendar("Pacific/Apia", (NINE_TO_FIVE,) * 7)  # there was no 30 December 2011
    since, until = at("2011-12-29T00:00", samoa.time_zone), at("2012-01-01T00:00", samoa.time_zone)
    assert time_between(samoa, since, until) == 16 * HOUR


@given(calendars(), MOMENTS, DURATIONS)
def test_counting_back_and_what_passes_agree(calendar: Calendar, moment: int, duration: int) -> None:
    near = counted_back(calendar, moment, duration)
    assert time_between(calendar, near, moment) == duration
    assert time_between(calendar, near + 1, moment) == duration - 1, "it is the latest such moment"


@given(calendars(), MOMENTS, st.integers(0, 30 * DAY), DURATIONS, st.integers(0, DAY))
def test_a_later_date_is_not_near_sooner_and_a_longer_time_not_later(
    calendar: Calendar, moment: int, later: int, duration: int, longer: int
) -> None:
    near = counted_back(calendar, moment, duration)
    assert near <= counted_back(calendar, moment + later, duration)
    assert counted_back(calendar, moment, duration + longer) <= near <= moment - duration


@given(calendars(), st.lists(MOMENTS, min_size=3, max_size=3).map(sorted))
def test_what_passes_adds_up(calendar: Calendar, moments: list[int]) -> None:
    first, middle, last = moments[0], moments[0] + (moments[1] - moments[0]) % (60 * DAY), moments[0] + 90 * DAY
    parts = time_between(calendar, first, middle) + time_between(calendar, middle, last)
    assert parts == time_between(calendar, first, last)
    assert time_between(calendar, last, first) == 0


@given(st.sampled_from(ZONES), MOMENTS, DURATIONS)
def test_where_it_is_always_open_it_is_the_time_of_the_clock(zone: str, moment: int, duration: int) -> None:
    always = Calendar(zone, (ALL_DAY,) * 7)
    assert counted_back(always, moment, duration) == moment - duration
    assert time_between(always, moment - duration, moment) == duration


@given(
    calendars(
        st.tuples(st.integers(6, 9), st.integers(10, 12), st.integers(13, 16), st.integers(17, 22)).map(
            lambda h: ((h[0] * 60, h[1] * 60), (h[2] * 60, h[3] * 60))
        )
    ),
    MOMENTS,
)
def test_it_is_open_while_the_clocks_of_the_zone_show_its_hours(calendar: Calendar, moment: int) -> None:
    shown = datetime.fromtimestamp(moment / 1000, ZoneInfo(calendar.time_zone))
    minutes = shown.hour * 60 + shown.minute
    spans = calendar.hours[shown.weekday()]
    is_open = shown.date() not in calendar.holidays and any(opens <= minutes < closes for opens, closes in spans)
    assert time_between(calendar, moment, moment + 1) == is_open
