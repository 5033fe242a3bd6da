"""The hours of a week."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explorer.figures.base import Figure, axis, figure
from explorer.palette import ENOUGH, Palette
from explorer.words import Words
from sinks.clickhouse.metrics import Row

DAYS, HOURS = 7, 24


def week(rows: Sequence[Row], words: Words, palette: Palette) -> Figure:
    """The share within the standard per hour of the week, grey where fewer than `ENOUGH` waited.

    `rows` have hour_of_week, rate, low, high, n, median, p90.
    """
    told = [row for row in rows if row["rate"] is not None]
    enough = _cells([row for row in told if row["n"] >= ENOUGH], words) | {
        "colorscale": [[0, palette.low], [1, palette.high]],
        "colorbar": {"tickformat": ".0%", "thickness": 10, "outlinewidth": 0, "tickfont": {"color": palette.muted}},
    }
    few = _cells([row for row in told if row["n"] < ENOUGH], words) | {
        "colorscale": [[0, palette.faint], [1, palette.faint]],
        "showscale": False,
    }
    return figure(
        [enough, few],
        palette,
        xaxis=axis(palette, dtick=3, showgrid=False, zeroline=False, title={"text": words("waits.hour")}),
        yaxis=axis(palette, autorange="reversed", showgrid=False, zeroline=False, type="category"),
    )


def _cells(rows: Sequence[Row], words: Words) -> dict[str, Any]:
    """A heat map of these hours, the others left out."""
    at = {row["hour_of_week"]: row for row in rows}
    cells = [[at.get(day * HOURS + hour) for hour in range(HOURS)] for day in range(DAYS)]
    return {
        "type": "heatmap",
        "x": list(range(HOURS)),
        "y": [words(f"weekday.{day}") for day in range(DAYS)],
        "z": [[None if cell is None else cell["rate"] for cell in line] for line in cells],
        "text": [["" if cell is None else _told(cell, words) for cell in line] for line in cells],
        "hovertemplate": "%{y} %{x}:00<br>%{text}<extra></extra>",
        "hoverongaps": False,
        "zmin": 0,
        "zmax": 1,
        "xgap": 2,
        "ygap": 2,
    }


def _told(cell: Row, words: Words) -> str:
    share = f"{words.share(cell['rate'])} ({words.interval(cell['low'], cell['high'])}), n = {words.count(cell['n'])}"
    few = f"<br>{words('waits.few', n=ENOUGH)}" if cell["n"] < ENOUGH else ""
    median, p90 = words.duration(cell["median"]), words.duration(cell["p90"])
    return f"{share}<br>{words('waits.median')} {median}, 90 % {p90}{few}"
