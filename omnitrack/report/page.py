"""The report's page: facts in, HTML out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from omnitrack.metrics.wording import NOTHING, number_text
from omnitrack.report import plots
from omnitrack.report.facts import Compared, Facts
from omnitrack.report.sentences import sentences
from omnitrack.report.words import ReportWords
from sinks.clickhouse.metrics import Metric, Row, find_metric
from sinks.clickhouse.settings import ClickHouseSettings

FEW = 30
PATHS_SHOWN = 8
MIDDLE = 0.6
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


def render(facts: Facts, made_at: datetime, settings: ClickHouseSettings, words: ReportWords) -> str:
    """One self-contained page, of what was asked of the database of `settings`."""
    channels = _channels(facts)
    page = ENVIRONMENT.get_template("page.html").render(
        facts=facts,
        words=words,
        month=_month(facts, made_at, words),
        made_at=f"{made_at:%Y-%m-%d %H:%M %Z}",
        settings=settings,
        sentences=list(sentences(facts, words)),
        channels=channels,
        matrix=_matrix(facts.matrix, channels),
        success_per_day=plots.success_per_day(facts.success_by_day, facts.success_by_day_before, words),
        failures=plots.failures(facts.matrix, facts.matrix_before, words),
        wait_hours=list(_wait_hours(facts, words)),
        promises=plots.promises(facts.promises, words) if facts.promises else "",
        waits=list(_waits(facts, words)),
        paths=facts.paths[:PATHS_SHOWN],
        definitions=list(_definitions(facts)),
        number=number_text,
        duration=partial(duration, words=words),
        missing=partial(_titles, words),
        few=FEW,
    )
    # A number and its sign stay on one line.
    return page.replace(" %", "\u00a0%")


def duration(seconds: float | None, words: ReportWords) -> str:
    """Seconds as `45 s`, `12 min`, `5.0 h` or `2.3 d`."""
    if seconds is None:
        return NOTHING
    for unit, size in (("d", 86_400), ("h", 3_600)):
        if seconds >= size:
            return words(f"span.{unit}", n=f"{seconds / size:.1f}")
    if seconds >= 120:
        return words("span.min", n=f"{seconds / 60:.0f}" if seconds >= 600 else f"{seconds / 60:.1f}")
    return words("span.s", n=f"{seconds:.0f}")


def _month(facts: Facts, made_at: datetime, words: ReportWords) -> str:
    """Its name, and whether it is over."""
    return words("month", month=facts.month.since) + ("" if made_at >= facts.month.until else words("not_over"))


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


def _wait_hours(facts: Facts, words: ReportWords) -> Iterator[tuple[str, str]]:
    """Channels on which many waited, with their plots."""
    for row in sorted(facts.waits, key=lambda row: -row["n"]):
        if row["n"] >= 24 * 7:
            yield row["channel"], plots.waits_by_hour(facts.waits_by_hour, row["channel"], words)


def _waits(facts: Facts, words: ReportWords) -> Iterator[tuple[Row, str]]:
    """Waits per channel, with the change of their share within the standard."""
    before = {row["channel"]: row["rate"] for row in facts.waits_before}
    for row in facts.waits:
        then = before.get(row["channel"])
        yield row, "" if then is None else words.change(f"{100 * (row['rate'] - then):+.1f} pp")


def _definitions(facts: Facts) -> Iterator[Metric]:
    """Every metric that the page tells, once."""
    told: dict[str, None] = dict.fromkeys(_names((*facts.headlines, *facts.components, *facts.supporting)))
    for name in (*told, "handoff_matrix", "journey_paths"):
        yield find_metric(name)


def _titles(words: ReportWords, names: Iterable[str]) -> list[str]:
    return [words.definition(find_metric(name)).title.lower() for name in names]


def _names(compared: tuple[Compared, ...]) -> Iterator[str]:
    return (one.metric.name for one in compared)
