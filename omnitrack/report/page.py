"""The report's page: facts in, HTML out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from omnitrack.metrics.wording import NOTHING, named, number_text
from omnitrack.report import plots
from omnitrack.report.facts import Compared, Facts
from omnitrack.report.sentences import sentences
from sinks.clickhouse.metrics import Metric, Row, find_metric

FEW = 30
PATHS_SHOWN = 8
MIDDLE = 0.6
# What a tile shows is more than the metric's title says.
TILES = {
    "journeys": "Journeys completed",
    "wait": "Waits within the standard",
    "satisfaction": "Satisfaction (CSAT, 1 to 5)",
}
ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the handoff matrix: `colour` is that of its share, `few` tells that it says little."""

    text: str
    n: int
    colour: str
    few: bool


def render(facts: Facts, made_at: datetime, source: str) -> str:
    """One self-contained page. `source` names the database it was asked of."""
    channels = _channels(facts)
    page = ENVIRONMENT.get_template("page.html").render(
        facts=facts,
        month=f"{facts.month.since:%B %Y}",
        made_at=f"{made_at:%Y-%m-%d %H:%M %Z}",
        source=source,
        sentences=list(sentences(facts)),
        channels=channels,
        matrix=_matrix(facts.matrix, channels),
        success_per_day=plots.success_per_day(facts.success_by_day, facts.success_by_day_before),
        failures=plots.failures(facts.matrix, facts.matrix_before),
        wait_hours=list(_wait_hours(facts)),
        promises=plots.promises(facts.promises) if facts.promises else "",
        waits=list(_waits(facts)),
        paths=facts.paths[:PATHS_SHOWN],
        definitions=list(_definitions(facts)),
        number=number_text,
        named=named,
        duration=duration,
        few=FEW,
        tiles=TILES,
        is_over=made_at >= facts.month.until,
    )
    # A number and its sign stay on one line.
    return page.replace(" %", "\u00a0%")


def duration(seconds: float | None) -> str:
    """Seconds as `45 s`, `12 min`, `5.0 h` or `2.3 d`."""
    if seconds is None:
        return NOTHING
    for unit, size in (("d", 86_400), ("h", 3_600)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    if seconds >= 120:
        return f"{seconds / 60:.0f} min" if seconds >= 600 else f"{seconds / 60:.1f} min"
    return f"{seconds:.0f} s"


def _channels(facts: Facts) -> list[str]:
    return sorted({row[side] for row in facts.matrix for side in ("from_channel", "to_channel")})


def _matrix(rows: list[Row], channels: list[str]) -> dict[str, list[Cell | None]]:
    found = {(row["from_channel"], row["to_channel"]): row for row in rows if row["n"]}
    return {
        start: [_cell(found[start, end]) if (start, end) in found else None for end in channels] for start in channels
    }


def _cell(row: Row) -> Cell:
    return Cell(f"{100 * row['rate']:.0f} %", row["n"], _tint(row["rate"]), row["n"] < FEW)


def _tint(share: float) -> str:
    """From vermilion over white to blue, so light that dark text can be read on all of it."""
    end = (0xF0, 0xA8, 0x78) if share < MIDDLE else (0x7D, 0xB9, 0xDF)
    distance = (MIDDLE - share) / MIDDLE if share < MIDDLE else (share - MIDDLE) / (1 - MIDDLE)
    mixed = (round(255 + (part - 255) * distance) for part in end)
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _wait_hours(facts: Facts) -> Iterator[tuple[str, str]]:
    """Channels on which many waited, with their plots."""
    for row in sorted(facts.waits, key=lambda row: -row["n"]):
        if row["n"] >= 24 * 7:
            yield row["channel"], plots.waits_by_hour(facts.waits_by_hour, row["channel"])


def _waits(facts: Facts) -> Iterator[tuple[Row, str]]:
    """Waits per channel, with the change of their share within the standard."""
    before = {row["channel"]: row["rate"] for row in facts.waits_before}
    for row in facts.waits:
        then = before.get(row["channel"])
        yield row, "" if then is None else f"{100 * (row['rate'] - then):+.1f} pp"


def _definitions(facts: Facts) -> Iterator[Metric]:
    """Every metric that the page tells, once."""
    told: dict[str, None] = dict.fromkeys(_names((*facts.headlines, *facts.components, *facts.supporting)))
    for name in (*told, "handoff_matrix", "journey_paths"):
        yield find_metric(name)


def _names(compared: tuple[Compared, ...]) -> Iterator[str]:
    return (one.metric.name for one in compared)
