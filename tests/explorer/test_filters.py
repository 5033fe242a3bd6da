"""The address says the filters, and the filters say the address."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.filters import SPANS, Filters, Period, read_filters

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
several = st.lists(texts, unique=True, max_size=3).map(tuple)
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@st.composite
def filters(draw: st.DrawFn) -> Filters:
    made = Filters(
        span=draw(st.sampled_from(list(SPANS))),
        intents=draw(several),
        channels=draw(several),
        care=draw(several),
        anonymous=draw(st.booleans()),
        live=draw(st.booleans()),
        own=draw(st.dictionaries(st.sampled_from(["status", "customer"]), texts)),
    )
    return made.with_days(draw(days), draw(days)) if draw(st.booleans()) else made


@given(filters())
def test_what_is_written_is_read(made: Filters) -> None:
    assert read_filters(made.search, ("status", "customer")) == made


@given(st.text(max_size=80))
def test_any_address_can_be_read(search: str) -> None:
    assert read_filters(search).period(NOW, "Asia/Shanghai").since < NOW + timedelta(days=400_000)


def test_nothing_said_is_the_last_seven_days_live_of_known_customers() -> None:
    assert read_filters("") == Filters()
    assert Filters().search == ""
    assert Filters().period(NOW, "UTC") == Period(NOW - timedelta(days=7), NOW)


def test_days_begin_at_midnight_where_the_bank_is_and_the_last_one_counts() -> None:
    period = read_filters("?from=2026-03-01&to=2026-03-02").period(NOW, "Asia/Shanghai")
    assert period == Period(datetime(2026, 2, 28, 16, tzinfo=UTC), datetime(2026, 3, 2, 16, tzinfo=UTC))
    assert period.before == Period(datetime(2026, 2, 26, 16, tzinfo=UTC), datetime(2026, 2, 28, 16, tzinfo=UTC))


def test_days_the_wrong_way_round_are_put_right_and_one_day_is_enough() -> None:
    assert read_filters("?from=2026-03-02&to=2026-03-01") == read_filters("?from=2026-03-01&to=2026-03-02")
    assert read_filters("?to=2026-03-02") == read_filters("?from=2026-03-02&to=2026-03-02")


@pytest.mark.parametrize("search", ["span=fortnight", "from=tomorrow", "anonymous=yes", "colour=blue", "status=open"])
def test_what_means_nothing_is_told(search: str) -> None:
    assert read_filters(f"?{search}&intent=loan") == Filters(intents=("loan",), mistakes=(search,))


def test_what_only_one_page_knows_stays_there() -> None:
    made = read_filters("?intent=loan&status=open", ("status",))
    assert made.search == "?intent=loan&status=open"
    assert made.shared.search == "?intent=loan"
    assert made.with_own(status=None, failure="lost").own == {"failure": "lost"}
