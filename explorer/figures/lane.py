"""One journey as a swim lane: a lane per channel, time from left to right."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import log1p
from typing import Any

from explorer.figures.base import Figure, axis, figure
from explorer.palette import Palette, mark, symbol
from explorer.words import NBSP, Words
from sinks.clickhouse.metrics import Row

LANE = 70
# Seconds from which on a pause is drawn shorter than it was.
PAUSE = 600.0
# How far apart touchpoints are at least, so that their marks do not hide each other.
LEAST = 0.3
_LABELS = 6
# After which part of its line a handoff is told: not in the middle, so that there and back keep apart.
SIGN = 0.35


@dataclass(frozen=True, slots=True)
class Squeezed:
    """Places of times on an axis on which long pauses are short and short ones long enough to be seen.

    A pause of s seconds is 0.3 + ln(1 + s ÷ 600) long.
    """

    times: tuple[datetime, ...]
    places: tuple[float, ...]

    @classmethod
    def of(cls, times: Sequence[datetime]) -> Squeezed:
        """The axis of at least one time."""
        ordered = sorted(set(times))
        places = [0.0]
        for before, after in pairwise(ordered):
            places.append(places[-1] + LEAST + log1p((after - before).total_seconds() / PAUSE))
        return cls(tuple(ordered), tuple(places))

    def __getitem__(self, at: datetime) -> float:
        """The place of one of the times. Raises KeyError for another one."""
        index = bisect_right(self.times, at) - 1
        if index < 0 or self.times[index] != at:
            raise KeyError(at)
        return self.places[index]

    def labels(self) -> list[datetime]:
        """Times to write at the axis: some, far enough apart, the first among them."""
        least = self.places[-1] / _LABELS
        chosen: list[int] = []
        for index, place in enumerate(self.places):
            if not chosen or place - self.places[chosen[-1]] >= least:
                chosen.append(index)
        return [self.times[index] for index in chosen]


def swim_lane(
    touchpoints: Sequence[Row], handoffs: Sequence[Row], promises: Sequence[Row], words: Words, palette: Palette
) -> Figure:
    """A journey's touchpoints, its handoffs, and its promises from making to keeping, else to their date."""
    places = Squeezed.of(_times(touchpoints, handoffs, promises))
    lanes = list(dict.fromkeys((*(row["channel"] for row in touchpoints), *(row["to_channel"] for row in handoffs))))
    data = [
        *(_handoff(row, places, lanes, words, palette) for row in handoffs),
        *(_promise(row, places, lanes, words, palette) for row in promises if row["channel"] in lanes),
        *_touchpoints(touchpoints, places, lanes, words, palette),
    ]
    ticks = places.labels()
    return figure(
        data,
        palette,
        xaxis=axis(
            palette,
            tickvals=[places[at] for at in ticks],
            ticktext=[words.time(at)[5:].replace(NBSP, "<br>") for at in ticks],
            zeroline=False,
        ),
        yaxis=axis(
            palette,
            tickvals=list(range(len(lanes))),
            ticktext=[words.name("channel", lane) for lane in lanes],
            range=[len(lanes) - 0.4, -0.6],
            zeroline=False,
        ),
        hovermode="closest",
        annotations=[_sign(row, places, lanes, words, palette) for row in handoffs],
    )


def height_of(touchpoints: Sequence[Row], handoffs: Sequence[Row]) -> int:
    """How high the figure has to be, in pixels."""
    lanes = {row["channel"] for row in touchpoints} | {row["to_channel"] for row in handoffs}
    return 130 + LANE * max(2, len(lanes))


def _times(touchpoints: Sequence[Row], handoffs: Sequence[Row], promises: Sequence[Row]) -> list[datetime]:
    times = [row["occurred_at"] for row in touchpoints]
    for row in handoffs:
        times += [row["left_at"], row["arrived_at"] or row["due_at"] or row["left_at"]]
    for row in promises:
        times += [row["made_at"], row["kept_at"] or row["due_at"]]
    return times


def _touchpoints(
    rows: Sequence[Row], places: Squeezed, lanes: list[str], words: Words, palette: Palette
) -> list[dict[str, Any]]:
    """One trace per outcome, each with its own mark."""
    traces = []
    for outcome in dict.fromkeys(row["outcome"] for row in rows):
        chosen = [(number, row) for number, row in enumerate(rows) if row["outcome"] == outcome]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": words.name("outcome", outcome),
                "x": [places[row["occurred_at"]] for _, row in chosen],
                "y": [lanes.index(row["channel"]) for _, row in chosen],
                "customdata": [[number, row["touchpoint"], words.time(row["occurred_at"])] for number, row in chosen],
                "marker": {
                    "symbol": symbol(outcome),
                    "size": 13,
                    "color": palette.outcome(outcome),
                    "line": {"width": 1.5, "color": palette.outcome(outcome)},
                },
                "hovertemplate": "%{customdata[1]}<br>%{customdata[2]}<extra>%{fullData.name}</extra>",
            }
        )
    return traces


def _handoff(row: Row, places: Squeezed, lanes: list[str], words: Words, palette: Palette) -> dict[str, Any]:
    """A line from the one visit to the next: solid where it was smooth, dashed where it failed."""
    x, y = _ends(row, places, lanes)
    return {
        "type": "scatter",
        "mode": "lines",
        "showlegend": False,
        "x": list(x),
        "y": list(y),
        "line": {
            "color": palette.outcome(row["result"]),
            "width": 2,
            "dash": {"smooth": "solid", "pending": "dot"}.get(row["result"], "dash"),
        },
        "hovertemplate": f"{_said(row, words)}<extra></extra>",
    }


def _sign(row: Row, places: Squeezed, lanes: list[str], words: Words, palette: Palette) -> dict[str, Any]:
    """What failed, on the line."""
    (x, to_x), (y, to_y) = _ends(row, places, lanes)
    return {
        "x": x + SIGN * (to_x - x),
        "y": y + SIGN * (to_y - y),
        "text": _said(row, words),
        "showarrow": False,
        "bgcolor": palette.surface,
        "font": {"color": palette.outcome(row["result"]), "size": 12},
    }


def _ends(row: Row, places: Squeezed, lanes: list[str]) -> tuple[tuple[float, float], tuple[int, int]]:
    """From where to where a handoff goes; one that did not arrive goes to its deadline."""
    arrives = row["arrived_at"] or row["due_at"] or row["left_at"]
    x = (places[row["left_at"]], places[arrives])
    return x, (lanes.index(row["from_channel"]), lanes.index(row["to_channel"]))


def _said(row: Row, words: Words) -> str:
    failures = ", ".join(words.name("outcome", failure) for failure in row["failures"])
    return f"{mark(row['result'])} {failures or words.name('result', row['result'])}"


def _promise(row: Row, places: Squeezed, lanes: list[str], words: Words, palette: Palette) -> dict[str, Any]:
    """A bar below the lane of the channel that made it, from making to keeping, else to its date."""
    lane = lanes.index(row["channel"]) + 0.28
    said = f"{mark(row['status'])} {words('journeys.promise')}: {words.name('promise', row['status'])}"
    return {
        "type": "scatter",
        "mode": "lines+markers+text",
        "showlegend": False,
        "x": [places[row["made_at"]], places[row["kept_at"] or row["due_at"]]],
        "y": [lane, lane],
        "text": ["", said],
        "textposition": "middle right",
        "textfont": {"size": 11, "color": palette.outcome(row["status"])},
        "line": {"color": palette.outcome(row["status"]), "width": 4},
        "marker": {
            "symbol": ["line-ns-open", symbol(row["status"])],
            "size": 9,
            "color": palette.outcome(row["status"]),
        },
        "hovertemplate": f"{row['promise_id']}<br>{words.time(row['due_at'])}<extra></extra>",
    }
