"""Where customers go, and what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from explorer.figures.base import Figure, fade, figure
from explorer.palette import Palette, mark
from explorer.words import Words
from schemas.rows import FAILURES
from sinks.clickhouse.metrics import Row

OUTCOMES = ("smooth", "pending", *FAILURES)


def sankey(rows: Sequence[Row], words: Words, palette: Palette) -> Figure:
    """From channel → outcome → to channel; `rows` have from_channel, outcome, to_channel, handoffs, and add up."""
    left = _in_order(row["from_channel"] for row in rows)
    middle = sorted({row["outcome"] for row in rows}, key=OUTCOMES.index)
    right = _in_order(row["to_channel"] for row in rows)
    node = {("left", name): at for at, name in enumerate(left)}
    node |= {("middle", name): len(node) + at for at, name in enumerate(middle)}
    node |= {("right", name): len(node) + at for at, name in enumerate(right)}
    links: dict[tuple[int, int, str], int] = {}
    for row in rows:
        outcome = row["outcome"]
        for ends in (
            (node["left", row["from_channel"]], node["middle", outcome], outcome),
            (node["middle", outcome], node["right", row["to_channel"]], outcome),
        ):
            links[ends] = links.get(ends, 0) + row["handoffs"]
    labels = [
        *(words.name("channel", name) for name in left),
        *(f"{mark(name)} {words.name('outcome', name)}" for name in middle),
        *(words.name("channel", name) for name in right),
    ]
    colours = [palette.muted] * len(left) + [palette.outcome(name) for name in middle] + [palette.muted] * len(right)
    trace = {
        "type": "sankey",
        "arrangement": "snap",
        "node": {
            "label": labels,
            "color": colours,
            "pad": 14,
            "thickness": 14,
            "line": {"width": 0},
            "hovertemplate": "%{label}: %{value:,.0f}<extra></extra>",
        },
        "link": {
            "source": [source for source, _, _ in links],
            "target": [target for _, target, _ in links],
            "value": list(links.values()),
            "color": [fade(palette.outcome(outcome), 0.35) for _, _, outcome in links],
            "hovertemplate": "%{source.label} → %{target.label}: %{value:,.0f}<extra></extra>",
        },
        "textfont": {"color": palette.ink, "size": 13, "shadow": "none"},
    }
    return figure([trace], palette)


def _in_order(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
