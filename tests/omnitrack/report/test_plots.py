"""Plots of the report are drawings of rows."""

from __future__ import annotations

from omnitrack.report.plots import ENOUGH_WAITS, waits_by_hour
from omnitrack.report.words import report_words


def week(*counts: int) -> str:
    rows = [{"channel": "branch", "hour_of_week": at, "rate": 0.5, "n": n} for at, n in enumerate(counts)]
    return waits_by_hour(rows, "branch", report_words("en"))


def test_an_hour_in_which_few_waited_is_hatched_and_not_coloured() -> None:
    assert "<pattern" not in week(ENOUGH_WAITS, ENOUGH_WAITS)
    assert "<pattern" in week(ENOUGH_WAITS, ENOUGH_WAITS - 1)
    assert "<pattern" not in week(ENOUGH_WAITS, 0)
