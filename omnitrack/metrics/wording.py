"""Numbers of metrics, and names of the data, as people read them. Pure."""

from __future__ import annotations

from sinks.clickhouse.metrics import Headline, Metric, Row

NOTHING = "–"
PROPER = {"atm": "ATM", "wechat": "WeChat"}


def number_text(kind: str, value: float | None) -> str:
    """A number of a headline's kind: `54.8 %`, `0.96`, `80.4`, `10,772`; a dash where there is none."""
    if value is None:
        return NOTHING
    match kind:
        case "share":
            return f"{100 * value:.1f} %"
        case "ratio":
            return f"{value:.2f}"
        case "count":
            return f"{value:,.0f}"
        case _:
            return f"{value:,.1f}"


def named(name: str) -> str:
    """A name of the data as people write it: `mobile_app` → mobile app, `wechat` → WeChat."""
    return PROPER.get(name, name.replace("_", " "))


def change_text(headline: Headline, value: float | None, before: float | None) -> str:
    """How a headline's number changed: shares in percentage points; empty where one of the two is missing."""
    if value is None or before is None:
        return ""
    match headline.kind:
        case "share":
            return f"{100 * (value - before):+.1f} pp"
        case "ratio":
            return f"{value - before:+.2f}"
        case "count":
            return f"{value - before:+,.0f}"
        case _:
            return f"{value - before:+,.1f}"


def verdict(headline: Headline, value: float | None, before: float | None) -> str:
    """`better`, `worse`, or nothing where the number as shown stayed, or has no good direction."""
    if value is None or before is None or not headline.better:
        return ""
    if number_text(headline.kind, value) == number_text(headline.kind, before):
        return ""
    return "better" if (value > before) == (headline.better == "higher") else "worse"


def headline_text(metric: Metric, row: Row | None) -> str:
    """The metric's one number with its interval and its base; a dash where nothing was observed."""
    headline = metric.headline
    if headline is None or row is None or row[headline.column] is None:
        return NOTHING
    text = number_text(headline.kind, row[headline.column])
    if headline.column == "rate":
        text += f" ({number_text('share', row['low'])} to {number_text('share', row['high'])})"
    return text
