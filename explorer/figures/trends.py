"""How numbers went over days, weeks or months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from explorer.figures.base import Figure, axis, fade, figure
from explorer.palette import ENOUGH, Palette
from explorer.words import Words
from sinks.clickhouse.metrics import Row

_MOST_DATES = 8
_RIPE = 0.05
# Hatchings tell the parts of a bar where colours do not.
HATCHES = {
    "completed": "",
    "open": ".",
    "cancelled": "-",
    "abandoned": "/",
    "stored": "",
    "dead": "/",
    "duplicate": ".",
    "firing": "/",
    "silenced": ".",
    "resolved": "",
    "retracted": "-",
}


def rate_over_time(rows: Sequence[Row], words: Words, palette: Palette, name: str) -> Figure:
    """A share per period with its 95 % interval; `rows` have period, rate, low, high, n.

    A period with too few observations stands aside with an open mark: no line falls or rises to it.
    Where more than a twentieth of a period is `undecided` yet, its mark is a hollow diamond: the share may still move.
    """
    known = [row for row in rows if row["rate"] is not None]
    few = [row for row in known if row["n"] < ENOUGH]
    line = _rates(known, words, palette) | {
        "mode": "lines+markers",
        "name": name,
        "y": [row["rate"] if row["n"] >= ENOUGH else None for row in known],
        "showlegend": False,
    }
    aside = _rates(few, words, palette) | {
        "mode": "markers",
        "name": words("trend.few", n=ENOUGH),
        "marker": {"color": palette.muted, "symbol": "circle-open", "size": 8},
        "showlegend": True,
    }
    y = axis(palette, tickformat=".0%", rangemode="tozero", range=[0, 1.02])
    return figure([line, aside] if few else [line], palette, yaxis=y, xaxis=_dates(_days(known), palette))


def _rates(rows: Sequence[Row], words: Words, palette: Palette) -> dict[str, Any]:
    error = {
        "type": "data",
        "symmetric": False,
        "array": [row["high"] - row["rate"] for row in rows],
        "arrayminus": [row["rate"] - row["low"] for row in rows],
        "color": fade(palette.good, 0.55),
        "thickness": 1.5,
        "width": 3,
    }
    return {
        "type": "scatter",
        "x": _days(rows),
        "y": [row["rate"] for row in rows],
        "error_y": error,
        "line": {"color": palette.good},
        "cliponaxis": False,
        "marker": {"symbol": ["diamond-open" if _is_unripe(row) else "circle" for row in rows], "size": 7},
        "customdata": [[words.interval(row["low"], row["high"]), _base(row, words)] for row in rows],
        "hovertemplate": "%{x}<br>%{y:.1%} (%{customdata[0]})<br>n = %{customdata[1]}<extra></extra>",
    }


def _days(rows: Sequence[Row]) -> list[str]:
    return [f"{row['period']:%Y-%m-%d}" for row in rows]


def _is_unripe(row: Row) -> bool:
    undecided = row.get("undecided", 0)
    return bool(undecided > (row["n"] + undecided) * _RIPE)


def _base(row: Row, words: Words) -> str:
    undecided = row.get("undecided", 0)
    n = words.count(row["n"])
    return f"{n} · {words('tile.undecided', n=words.count(undecided))}" if undecided else n


def _dates(x: Sequence[str], palette: Palette) -> dict[str, Any]:
    """An axis of dates; of few of them each is named, for else one may be named twice."""
    few = sorted({*x})
    ticks: dict[str, Any] = {"nticks": _MOST_DATES} if len(few) > _MOST_DATES else {"tickvals": few}
    hours = any("T" in one for one in few)
    return axis(palette, type="date", tickformat="%m-%d %H:%M" if hours else "%m-%d", **ticks)


def counts_over_time(
    rows: Sequence[Row], parts: Mapping[str, str], palette: Palette, at: str = "period", form: str = "%Y-%m-%d"
) -> Figure:
    """Stacked bars: `parts` are columns of the rows with their names, the lowest first."""
    x = [row[at].strftime(form) for row in rows]
    data = [
        {
            "type": "bar",
            "name": name,
            "x": x,
            "y": [row[part] for row in rows],
            "marker": {"color": palette.outcome(part), "pattern": {"shape": HATCHES.get(part, ""), "size": 5}},
            "hovertemplate": f"%{{x}}<br>{name}: %{{y:,}}<extra></extra>",
        }
        for part, name in parts.items()
    ]
    return figure(
        data,
        palette,
        barmode="stack",
        bargap=0.25,
        yaxis=axis(palette, rangemode="tozero", tickformat=",~d"),
        xaxis=_dates(x, palette),
    )
