"""Figures are pure functions of rows, in plotly's own form."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.figures.base import Figure
from explorer.figures.flows import OUTCOMES, sankey
from explorer.figures.hours import week
from explorer.figures.lane import LEAST, PAUSE, Squeezed, swim_lane
from explorer.figures.rates import rates_side_by_side
from explorer.figures.trends import counts_over_time, rate_over_time
from explorer.palette import DARK, LIGHT, mark, symbol
from explorer.words import words_in

WORDS = words_in("en")
AT = datetime(2026, 11, 25, 9, tzinfo=UTC)
RATE = {"rate": 0.5, "low": 0.3, "high": 0.7, "n": 20, "median": 60.0, "p90": 90.0}
UNKNOWN = {"rate": None, "low": None, "high": None, "n": 0, "median": None, "p90": None}
channels = st.sampled_from(["branch", "hotline", "wechat"])
flows = st.lists(
    st.fixed_dictionaries(
        {
            "from_channel": channels,
            "outcome": st.sampled_from(OUTCOMES),
            "to_channel": channels,
            "handoffs": st.integers(1, 1_000),
        }
    ),
    min_size=1,
    max_size=20,
)


def known_to_plotly(figure: Figure) -> go.Figure:
    """The figure as plotly takes it: it refuses names and values that it does not know."""
    return go.Figure(figure)


@given(flows)
def test_what_flows_in_flows_on_and_adds_up_to_the_handoffs(rows: list[dict[str, Any]]) -> None:
    figure = sankey(rows, WORDS, LIGHT)
    known_to_plotly(figure)
    [trace] = figure["data"]
    link, labels = trace["link"], trace["node"]["label"]
    into, out_of = [0] * len(labels), [0] * len(labels)
    for source, target, value in zip(link["source"], link["target"], link["value"], strict=True):
        out_of[source] += value
        into[target] += value
    total = sum(row["handoffs"] for row in rows)
    middle = [at for at, label in enumerate(labels) if into[at] and out_of[at]]
    assert [into[at] for at in middle] == [out_of[at] for at in middle]
    assert sum(into[at] for at in middle) == total
    assert sum(link["value"]) == 2 * total


def test_a_point_is_a_hollow_diamond_where_much_is_not_decided_yet() -> None:
    known: dict[str, Any] = {"period": date(2026, 3, 1), "rate": 0.5, "low": 0.4, "high": 0.6, "n": 95}
    rows = [known, {**known, "undecided": 0}, {**known, "undecided": 5}, {**known, "undecided": 6}]
    [trace] = rate_over_time(rows, WORDS, LIGHT, "success")["data"]
    assert trace["marker"]["symbol"] == ["circle", "circle", "circle", "diamond-open"]
    assert [base for _, base in trace["customdata"]] == ["95", "95", "95 · 5 not known yet", "95 · 6 not known yet"]


def test_a_rate_over_time_leaves_out_what_is_unknown_and_has_its_interval() -> None:
    rows = [{"period": date(2026, 11, day), **rate} for day, rate in ((1, RATE), (2, UNKNOWN), (3, RATE))]
    figure = rate_over_time(rows, WORDS, LIGHT, "success")
    known_to_plotly(figure)
    [trace] = figure["data"]
    assert trace["x"] == ["2026-11-01", "2026-11-03"]
    assert trace["error_y"]["array"] == pytest.approx([0.2, 0.2])
    assert trace["error_y"]["arrayminus"] == pytest.approx([0.2, 0.2])


def test_a_line_does_not_fall_to_a_day_of_few_observations_which_stands_aside_by_its_own_mark() -> None:
    few = {"rate": 0.0, "low": 0.0, "high": 0.8, "n": 1}
    rows = [{"period": date(2026, 11, day), **rate} for day, rate in ((1, RATE), (2, few), (3, RATE))]
    figure = rate_over_time(rows, WORDS, LIGHT, "success")
    known_to_plotly(figure)
    line, aside = figure["data"]
    assert line["y"] == [0.5, None, 0.5]
    assert (aside["x"], aside["y"], aside["error_y"]["array"]) == (["2026-11-02"], [0.0], [0.8])
    assert aside["name"] == "fewer than 10 observations"
    assert figure["layout"]["xaxis"]["tickvals"] == ["2026-11-01", "2026-11-02", "2026-11-03"]


def test_of_few_dates_each_is_named_once_and_of_many_some_are() -> None:
    def dates(days: int) -> dict[str, Any]:
        rows = [{"period": date(2026, 11, day + 1), **RATE} for day in range(days)]
        axis: dict[str, Any] = rate_over_time(rows, WORDS, LIGHT, "success")["layout"]["xaxis"]
        return axis

    assert dates(3)["tickvals"] == ["2026-11-01", "2026-11-02", "2026-11-03"]
    assert "tickvals" not in dates(20)


def test_parts_of_bars_are_told_apart_without_colour() -> None:
    rows = [{"period": date(2026, 11, 1), "completed": 3, "open": 2, "cancelled": 1, "abandoned": 4}]
    parts = {name: name for name in ("completed", "open", "cancelled", "abandoned")}
    figure = counts_over_time(rows, parts, DARK)
    known_to_plotly(figure)
    assert [trace["y"] for trace in figure["data"]] == [[3], [2], [1], [4]]
    assert len({trace["marker"]["pattern"]["shape"] for trace in figure["data"]}) == len(parts)


def test_rates_beside_each_other_stand_in_the_order_of_the_rows() -> None:
    figure = rates_side_by_side([RATE, UNKNOWN, RATE], ["a", "b", "c"], WORDS, LIGHT)
    known_to_plotly(figure)
    assert figure["data"][0]["y"] == ["a", "c"]
    first, last = figure["layout"]["yaxis"]["range"]
    assert first > last


def test_a_week_has_a_cell_per_hour_and_none_where_nobody_waited() -> None:
    figure = week(
        [{"hour_of_week": 0, **RATE}, {"hour_of_week": 6 * 24 + 23, **RATE}, {"hour_of_week": 5, **UNKNOWN}],
        WORDS,
        LIGHT,
    )
    known_to_plotly(figure)
    z = figure["data"][0]["z"]
    assert (z[0][0], z[6][23], z[0][5]) == (0.5, 0.5, None)
    assert sum(cell is not None for line in z for cell in line) == 2


def test_an_hour_in_which_few_waited_is_grey_and_says_why() -> None:
    figure = week([{"hour_of_week": 0, **RATE}, {"hour_of_week": 1, **RATE, "n": 9}], WORDS, LIGHT)
    known_to_plotly(figure)
    coloured, grey = figure["data"]
    assert coloured["z"][0][:2] == [0.5, None]
    assert grey["z"][0][:2] == [None, 0.5]
    assert {colour for _, colour in grey["colorscale"]} == {LIGHT.faint}
    assert "n = 9" in grey["text"][0][1]
    assert grey["text"][0][1].endswith("not coloured: fewer than 10 waits")
    assert "coloured" not in coloured["text"][0][0]


@given(st.lists(st.integers(0, 10**9).map(lambda seconds: AT + timedelta(seconds=seconds)), min_size=1, max_size=20))
def test_later_is_further_right_and_long_pauses_are_short(times: list[datetime]) -> None:
    places = Squeezed.of(times)
    ordered = sorted(set(times))
    for before, after in pairwise(ordered):
        step = places[after] - places[before]
        assert LEAST < step <= LEAST + (after - before).total_seconds() / PAUSE
    assert places.labels()[0] == ordered[0]
    assert len(places.labels()) <= 7


def test_a_time_that_is_not_on_the_axis_has_no_place() -> None:
    with pytest.raises(KeyError):
        Squeezed.of([AT])[AT + timedelta(seconds=1)]


def step(minutes: int, channel: str, outcome: str) -> dict[str, Any]:
    return {"occurred_at": AT + timedelta(minutes=minutes), "channel": channel, "outcome": outcome, "touchpoint": "x.y"}


def test_a_lane_has_a_mark_per_touchpoint_a_line_per_handoff_and_a_bar_per_promise() -> None:
    touchpoints = [step(0, "hotline", "referred"), step(90, "branch", "progressed"), step(95, "branch", "succeeded")]
    handoff = {
        "from_channel": "hotline",
        "to_channel": "branch",
        "left_at": AT,
        "arrived_at": AT + timedelta(minutes=90),
        "due_at": None,
        "result": "failed",
        "failures": ["repeated"],
    }
    lost = handoff | {
        "to_channel": "wechat",
        "arrived_at": None,
        "due_at": AT + timedelta(days=1),
        "failures": ["lost"],
    }
    promise = {
        "channel": "branch",
        "made_at": AT + timedelta(minutes=90),
        "kept_at": None,
        "due_at": AT + timedelta(days=3),
        "status": "overdue",
        "promise_id": "p",
    }
    figure = swim_lane(touchpoints, [handoff, lost], [promise], WORDS, LIGHT)
    known_to_plotly(figure)
    marks = [trace for trace in figure["data"] if trace["mode"] == "markers"]
    assert sorted(number for trace in marks for number, _, _ in trace["customdata"]) == [0, 1, 2]
    assert len({trace["marker"]["symbol"] for trace in marks}) == 3
    lines = [trace for trace in figure["data"] if trace["mode"] == "lines"]
    assert [trace["line"]["dash"] for trace in lines] == ["dash", "dash"]
    assert [sign["text"] for sign in figure["layout"]["annotations"]] == ["✕ asked again", "✕ lost"]
    assert figure["layout"]["yaxis"]["ticktext"] == ["Hotline", "Branch", "WeChat"]
    assert any("overdue" in str(trace.get("text")) for trace in figure["data"])


def test_good_and_bad_differ_in_mark_symbol_and_colour_on_both_surfaces() -> None:
    for good, bad in (("smooth", "failed"), ("completed", "abandoned"), ("kept", "overdue"), ("pending", "lost")):
        assert mark(good) != mark(bad)
        assert symbol(good) != symbol(bad)
        for palette in (LIGHT, DARK):
            assert palette.outcome(good) != palette.outcome(bad)
