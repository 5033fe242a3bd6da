"""Numbers and changes as people read them, periods as people write them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from omnitrack.metrics.period import BadPeriod, Period, month_before, parse_month, parse_period
from omnitrack.metrics.wording import change_text, number_text, verdict
from omnitrack.report.facts import Compared
from omnitrack.report.page import duration
from omnitrack.report.words import report_words
from sinks.clickhouse.metrics import Headline, find_metric

NOW = datetime(2026, 3, 15, 12, 30, tzinfo=UTC)
BANK = "Asia/Shanghai"
RATE = Headline("rate", "share", "higher")


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("share", 0.5479, "54.8 %"),
        ("ratio", 0.9693, "0.97"),
        ("points", 80.377, "80.4"),
        ("count", 10_772, "10,772"),
        ("share", None, "–"),
    ],
)
def test_a_number_is_shown_by_its_kind(kind: str, value: float | None, text: str) -> None:
    assert number_text(kind, value) == text


def test_a_change_is_told_in_the_number_s_own_unit_and_direction() -> None:
    assert change_text(RATE, 0.55, 0.5) == "+5.0 pp"
    assert change_text(replace(RATE, kind="ratio"), 0.5, 0.55) == "-0.05"
    assert change_text(RATE, 0.55, None) == ""
    assert verdict(RATE, 0.55, 0.5) == "better"
    assert verdict(replace(RATE, better="lower"), 0.55, 0.5) == "worse"
    assert verdict(replace(RATE, better=""), 0.55, 0.5) == ""
    assert verdict(RATE, 0.50001, 0.5) == ""


def compared(now: tuple[float, float, float] | None, before: tuple[float, float, float] | None) -> Compared:
    def row(numbers: tuple[float, float, float] | None) -> dict[str, Any] | None:
        return dict(zip(("rate", "low", "high"), numbers, strict=True)) if numbers else None

    return Compared(find_metric("handoff_success"), row(now), row(before))


def test_a_change_within_both_intervals_may_be_chance_and_is_neither_better_nor_worse() -> None:
    assert compared((0.6, 0.55, 0.65), (0.5, 0.44, 0.56)).may_be_chance
    assert compared((0.6, 0.55, 0.65), (0.5, 0.44, 0.56)).verdict == ""
    assert compared((0.6, 0.58, 0.62), (0.5, 0.48, 0.52)).verdict == "better"
    assert compared((0.4, 0.38, 0.42), (0.5, 0.48, 0.52)).verdict == "worse"
    assert compared((0.4, 0.38, 0.42), None).change == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0.0, "0 s"),
        (119.0, "119 s"),
        (150.0, "2.5 min"),
        (1_500.0, "25 min"),
        (9_000.0, "2.5 h"),
        (2e5, "2.3 d"),
    ],
)
def test_a_duration_is_told_in_the_unit_that_fits(seconds: float | None, text: str) -> None:
    assert duration(seconds, report_words("en")) == text


def test_a_period_is_read_in_the_bank_s_time_zone() -> None:
    assert str(parse_period("2026-03-01", "2026-03-08", BANK, NOW)) == "2026-03-01 until 2026-03-08"
    march = parse_month("2026-03", BANK)
    assert march.since.astimezone(UTC) == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert str(month_before(march)) == "2026-02-01 until 2026-03-01"
    assert parse_period("2026-02", "2026-03", BANK, NOW) == month_before(march)
    assert str(month_before(parse_month("2026-01", BANK))) == "2025-12-01 until 2026-01-01"


def test_without_an_end_a_period_ends_now_and_without_a_beginning_it_lasts_30_days() -> None:
    assert parse_period(None, None, "UTC", NOW) == Period(datetime(2026, 2, 13, 12, 30, tzinfo=UTC), NOW)
    assert parse_period("2026-03-15T11:00:00+02:00", None, "UTC", NOW).since == datetime(2026, 3, 15, 9, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-3", "0000-01", "March"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(BadPeriod, match="is no month"):
        parse_month(text, BANK)
