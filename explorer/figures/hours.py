"""The hours of a week."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.figures.base import Figure, axis, figure
from explorer.palette import Palette
from explorer.words import Words
from sinks.clickhouse.metrics import Row

DAYS, HOURS = 7, 24


def week(rows: Sequence[Row], words: Words, palette: Palette) -> Figure:
    """The share within the standard per hour of the week; `rows` have hour_of_week, rate, low, high, n, median, p90."""
    at = {row["hour_of_week"]: row for row in rows if row["rate"] is not None}
    cells = [[at.get(day * HOURS + hour) for hour in range(HOURS)] for day in range(DAYS)]
    trace = {
        "type": "heatmap",
        "x": list(range(HOURS)),
        "y": [words(f"weekday.{day}") for day in range(DAYS)],
        "z": [[None if cell is None else cell["rate"] for cell in line] for line in cells],
        "text": [["" if cell is None else _told(cell, words) for cell in line] for line in cells],
        "hovertemplate": "%{y} %{x}:00<br>%{text}<extra></extra>",
        "hoverongaps": False,
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, palette.low], [1, palette.high]],
        "colorbar": {"tickformat": ".0%", "thickness": 10, "outlinewidth": 0, "tickfont": {"color": palette.muted}},
        "xgap": 2,
        "ygap": 2,
    }
    return figure(
        [trace],
        palette,
        xaxis=axis(palette, dtick=3, showgrid=False, zeroline=False, title={"text": words("waits.hour")}),
        yaxis=axis(palette, autorange="reversed", showgrid=False, zeroline=False, type="category"),
    )


def _told(cell: Row, words: Words) -> str:
    share = f"{words.share(cell['rate'])} ({words.interval(cell['low'], cell['high'])}), n = {words.count(cell['n'])}"
    return f"{share}<br>{words('waits.median')} {words.duration(cell['median'])}, 90 % {words.duration(cell['p90'])}"
