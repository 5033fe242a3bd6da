"""The report's plots as SVG: rows in, a drawing out, nothing kept."""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from omnitrack.report.words import ReportWords
from schemas.rows import FAILURES
from sinks.clickhouse.metrics import Row

# Okabe and Ito's blue and vermilion, told apart whatever one's colour vision; grey is the month before.
BLUE, VERMILION, ORANGE, GREY = "#0072b2", "#d55e00", "#e69f00", "#9aa5b1"
INK, MUTED, FAINT = "#1d2733", "#5b6875", "#e3e8ed"
STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "svg.fonttype": "none",  # text stays text: it can be searched, read out and copied
    "svg.hashsalt": "omnitrack",  # the same rows, the same bytes
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": FAINT,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
}
PERCENT = FuncFormatter(lambda share, _: f"{100 * share:.3g} %")
# From how many waits on an hour is coloured.
ENOUGH_WAITS = 10
DAYS = 7


def success_per_day(now: Sequence[Row], before: Sequence[Row], words: ReportWords) -> str:
    """Handoff success day by day with its interval, over that of the month before."""
    with _axes(7.4, 2.7) as (figure, axes):
        if before:
            _line(axes, before, GREY, words("month_before"), band=False)
        _line(axes, now, BLUE, words("this_month"), band=True)
        axes.yaxis.set_major_formatter(PERCENT)
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axes.set_xlim(0.5, 31.5)
        axes.set_xticks([1, 5, 10, 15, 20, 25, 30])
        axes.set_xlabel(words("handoff.day_of_month"))
        axes.grid(axis="y", color=FAINT)
        axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0)
        return _svg(figure, words("handoff.per_day_drawn"))


def failures(now: Sequence[Row], before: Sequence[Row], words: ReportWords) -> str:
    """Failures per hundred known handoffs, the most frequent first, over those of the month before."""
    rates, rates_before = _failure_rates(now), _failure_rates(before)
    names = sorted(FAILURES, key=lambda name: rates[name])
    with _axes(7.4, 2.9) as (figure, axes):
        places = range(len(names))
        beside = 0.21 if before else 0.0
        if before:
            axes.barh([at - beside for at in places], [rates_before[it] for it in names], 0.36, color=GREY)
        bars = axes.barh([at + beside for at in places], [rates[it] for it in names], 0.36, color=VERMILION)
        axes.bar_label(bars, [f"{100 * rates[it]:.1f} %" for it in names], padding=4, color=INK)
        axes.set_yticks(list(places), [words.name("outcome", name) for name in names])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.xaxis.set_major_formatter(PERCENT)
        axes.set_xlim(0, max([*rates.values(), *rates_before.values(), 0.01]) * 1.12)
        axes.grid(axis="x", color=FAINT)
        return _svg(figure, words("handoff.failures_drawn"))


def waits_by_hour(rows: Sequence[Row], channel: str, words: ReportWords) -> str:
    """Share of waits within the standard for each hour of the week on one channel.

    Hatched where fewer than `ENOUGH_WAITS` waited, empty where nobody did.
    """
    grid = [[math.nan] * 24 for _ in range(DAYS)]
    few = []
    for row in rows:
        day, hour = divmod(row["hour_of_week"], 24)
        if row["channel"] == channel and row["n"] >= ENOUGH_WAITS:
            grid[day][hour] = row["rate"]
        elif row["channel"] == channel and row["n"]:
            few.append((hour - 0.5, day - 0.5))
    with _axes(7.4, 2.35) as (figure, axes):
        colours = mpl.colors.LinearSegmentedColormap.from_list("share", [VERMILION, "#f7e3d4", "#cfe3f1", BLUE])
        image = axes.imshow(grid, cmap=colours, vmin=0, vmax=1, aspect="auto")
        for corner in few:
            axes.add_patch(
                mpl.patches.Rectangle(corner, 1, 1, facecolor=FAINT, edgecolor=GREY, hatch="////", linewidth=0)
            )
        axes.set_yticks(range(DAYS), [words(f"day.{day}") for day in range(DAYS)])
        axes.set_xticks(range(0, 24, 2), [words("wait.hour", hour=hour) for hour in range(0, 24, 2)])
        axes.tick_params(length=0)
        axes.set_xticks([hour - 0.5 for hour in range(25)], minor=True)
        axes.set_yticks([day - 0.5 for day in range(8)], minor=True)
        axes.grid(which="minor", color="white", linewidth=1.5)
        axes.tick_params(which="minor", length=0)
        bar = figure.colorbar(image, ax=axes, format=PERCENT, ticks=[0, 0.5, 1], pad=0.015, fraction=0.03)
        bar.outline.set_visible(False)
        bar.ax.tick_params(length=0)
        return _svg(figure, words("wait.by_hour_drawn", channel=words.name("channel", channel)))


def promises(rows: Sequence[Row], words: ReportWords) -> str:
    """Promises per channel: kept, kept late, overdue."""
    ordered = sorted(rows, key=lambda row: row["n"])
    with _axes(7.4, 0.9 + 0.36 * max(1, len(ordered))) as (figure, axes):
        left = [0] * len(ordered)
        for name, colour, hatch in (("kept", BLUE, ""), ("kept_late", ORANGE, "//"), ("overdue", VERMILION, "xx")):
            counts = [row[name] for row in ordered]
            label = words.name("promise", name)
            axes.barh(
                range(len(ordered)), counts, 0.62, left, color=colour, hatch=hatch, edgecolor="white", label=label
            )
            left = [at + count for at, count in zip(left, counts, strict=True)]
        for at, row in enumerate(ordered):
            label = words("promised.share", rate=f"{100 * row['rate']:.0f} %", n=f"{row['n']:,}")
            axes.annotate(label, (left[at], at), (5, 0), textcoords="offset points", va="center", color=INK)
        axes.set_yticks(range(len(ordered)), [words.name("channel", row["channel"]) for row in ordered])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_xlim(0, max([*left, 1]) * 1.22)
        axes.grid(axis="x", color=FAINT)
        axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0)
        return _svg(figure, words("promised.drawn"))


def _failure_rates(matrix: Sequence[Row]) -> dict[str, float]:
    known = sum(row["n"] for row in matrix) or 1
    return {name: sum(row[name] for row in matrix) / known for name in FAILURES}


def _line(axes: Axes, rows: Sequence[Row], colour: str, label: str, band: bool) -> None:
    """A day of which nothing is known yet, as all of its handoffs are pending, is a gap."""
    days = [row["period"].day for row in rows]
    low, high, rate = ([math.nan if row[it] is None else row[it] for row in rows] for it in ("low", "high", "rate"))
    if band:
        axes.fill_between(days, low, high, color=colour, alpha=0.14, lw=0)
    axes.plot(days, rate, color=colour, label=label, lw=2 if band else 1.4, ls="-" if band else "--")


@contextmanager
def _axes(width: float, height: float) -> Iterator[tuple[Figure, Axes]]:
    # Chinese is drawn by the reader's browser; here it is measured by a font without it, and too narrow by half.
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.add_subplot()
        axes.spines[:].set_visible(False)
        axes.set_axisbelow(True)
        yield figure, axes


def _svg(figure: Figure, title: str) -> str:
    """The drawing without what only a file of its own needs; `title` is what is read out."""
    out = io.StringIO()
    figure.patch.set_alpha(0)
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    drawing = out.getvalue()
    drawing = drawing[drawing.index("<svg") :]
    # A style would hold for the whole page, and a width in points would not give way to a narrow window.
    drawing = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r' (?:width|height)="[\d.]+pt"', "", drawing)
    # These ids are those of every drawing; the ones that are referred to come of what they name.
    drawing = re.sub(r' id="[a-z0-9A-Z]+_\d+"', "", drawing)
    return drawing.replace("<svg ", '<svg role="img" ', 1).replace(">", f"><title>{title}</title>", 1)
