"""Shares beside each other, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.figures.base import Figure, axis, figure
from explorer.palette import Palette
from explorer.words import Words
from sinks.clickhouse.metrics import Row

LINE, LEAST = 30, 260


def rates_side_by_side(rows: Sequence[Row], labels: Sequence[str], words: Words, palette: Palette) -> Figure:
    """A dot per row with its 95 % interval; `labels` are told at the left, the first row on top."""
    known = [(label, row) for label, row in zip(labels, rows, strict=True) if row["rate"] is not None]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": [row["rate"] for _, row in known],
        "y": [label for label, _ in known],
        "marker": {"color": palette.good, "size": 10},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [row["high"] - row["rate"] for _, row in known],
            "arrayminus": [row["rate"] - row["low"] for _, row in known],
            "color": palette.good,
            "thickness": 2,
            "width": 4,
        },
        "customdata": [[words.interval(row["low"], row["high"]), words.count(row["n"])] for _, row in known],
        "hovertemplate": "%{y}<br>%{x:.1%} (%{customdata[0]})<br>n = %{customdata[1]}<extra></extra>",
    }
    return figure(
        [trace],
        palette,
        xaxis=axis(palette, tickformat=".0%", range=[-0.02, 1.02]),
        yaxis=axis(palette, range=[len(known) - 0.4, -0.6], type="category"),
        showlegend=False,
    )


def height_of(rows: Sequence[Row]) -> int:
    """How high a figure of so many rows has to be, in pixels."""
    return max(LEAST, 60 + LINE * len(rows))
