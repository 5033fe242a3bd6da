"""Changes against the period before."""

from __future__ import annotations

from math import sqrt

import pytest

from explorer.parts.tiles import compare


def rate(share: float, low: float, high: float) -> dict[str, float]:
    return {"rate": share, "low": low, "high": high}


def wilson(k: int, n: int) -> dict[str, float]:
    z = 1.959963984540054
    middle, half = (k + z * z / 2) / (n + z * z), z * sqrt(k * (n - k) / n + z * z / 4) / (n + z * z)
    return rate(k / n, middle - half, middle + half)


@pytest.mark.parametrize(
    ("now", "before", "low", "high"),
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 20), 0.6791, 1.0)],
)
def test_the_interval_of_a_change_is_that_of_newcombes_table(
    now: tuple[int, int], before: tuple[int, int], low: float, high: float
) -> None:
    """Contrasts a, b and g of table II, method 10."""
    change = compare(wilson(*now), wilson(*before))
    assert change is not None
    assert change.difference == pytest.approx(now[0] / now[1] - before[0] / before[1])
    assert change.low == pytest.approx(low, abs=6e-5)
    assert change.high == pytest.approx(high, abs=6e-5)
    assert change.is_clear


def test_what_chance_may_explain_is_not_clear() -> None:
    change = compare(rate(0.5, 0.3, 0.7), rate(0.55, 0.45, 0.65))
    assert change is not None
    assert not change.is_clear


def test_without_a_number_on_both_sides_there_is_no_change() -> None:
    assert compare({}, rate(0.5, 0.3, 0.7)) is None
    assert compare({"rate": None, "low": None, "high": None}, rate(0.5, 0.3, 0.7)) is None
