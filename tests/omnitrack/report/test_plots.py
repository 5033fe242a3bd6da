"""Plots of the report are drawings of rows."""

from __future__ import annotations

from datetime import date

from omnitrack.report.plots import ENOUGH_WAITS, success_per_day, waits_by_hour
from omnitrack.report.words import report_words


def week(*counts: int) -> str:
    rows = [{"channel": "branch", "hour_of_week": at, "rate": 0.5, "n": n} for at, n in enumerate(counts)]
    return waits_by_hour(rows, "branch", report_words("en"))


def test_an_hour_in_which_few_waited_is_hatched_and_not_coloured() -> None:
    assert "<pattern" not in week(ENOUGH_WAITS, ENOUGH_WAITS)
    assert "<pattern" in week(ENOUGH_WAITS, ENOUGH_WAITS - 1)
    assert "<pattern" not in week(ENOUGH_WAITS, 0)


def test_a_day_of_which_nothing_is_known_yet_is_a_gap_in_the_line() -> None:
    def drawn(*rates: float | None) -> str:
        rows = [
            {"period": date(2026, 11, day), "rate": rate, "low": rate, "high": rate}
            for day, rate in enumerate(rates, 1)
        ]
        return success_per_day(rows, rows, report_words("en"))

    assert drawn(0.5, None, 0.6) != drawn(0.5, 0.55, 0.6)
    assert drawn(0.5, 0.6, None) == drawn(0.5, 0.6)
    assert "<svg" in drawn(None)
