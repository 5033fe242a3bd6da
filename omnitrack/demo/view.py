"""The demo's view as text: fits 80 columns and 24 lines, and shows more handoffs where there is more room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from omnitrack.demo.pulse import Flow
from omnitrack.demo.readings import Pair, Readings
from omnitrack.demo.story import tell_story

_LINES_AROUND_PAIRS = 9
_LINES_ABOVE_REASONS = 5
_LEAST_PAIRS = 6
_NARROW = 100
_STATUS_STYLES = {"completed": "green", "open": "cyan", "abandoned": "red", "cancelled": "yellow"}
_SHORT = {"mobile_app": "app", "online_banking": "web"}


@dataclass(frozen=True, slots=True)
class Scene:
    """All that one frame shows; `foot` tells how it ends and the addresses, `zone` is that of the story's times."""

    seconds: float
    flow: Flow
    first_journey: float | None
    readings: Readings
    foot: str
    zone: tzinfo
    phase: str


def draw(scene: Scene, width: int, height: int) -> RenderableType:
    """One frame, at most `height` lines of `width` columns (80 × 24 and up)."""
    narrow = width < _NARROW
    story_lines = 4 if narrow else 3
    pairs = max(_LEAST_PAIRS, height - _LINES_AROUND_PAIRS - story_lines - 2)
    body = Table.grid(padding=(0, 2), expand=True)
    body.add_column(width=22)
    body.add_column(ratio=1)
    left = Group(_journeys(scene.readings), Text(), _dead_letters(scene.readings, rows=pairs - _LINES_ABOVE_REASONS))
    body.add_row(left, _matrix(scene.readings.pairs, rows=pairs, narrow=narrow))
    return Group(_title(scene), _flow(scene), Text(), body, Text(), _story(scene, story_lines), Text(scene.foot, "dim"))


def _title(scene: Scene) -> Text:
    minutes, seconds = divmod(int(scene.seconds), 60)
    return Text.assemble(("omnitrack demo", "bold"), f"  {minutes:02d}:{seconds:02d}  {scene.phase}")


def _flow(scene: Scene) -> Table:
    flow = scene.flow
    first = "–" if scene.first_journey is None else f"{scene.first_journey:.1f} s"
    table = Table.grid(padding=(0, 2), expand=True)
    for _ in range(5):
        table.add_column(justify="right", no_wrap=True)
    table.add_row("published", "stitched", "stored", "on the way", "first journey", style="dim")
    counts = (flow.published, flow.stitched, flow.accounted, flow.behind)
    table.add_row(*(f"{count:,}" for count in counts), first, style="bold")
    rates = (flow.published_rate, flow.stitched_rate, flow.accounted_rate)
    table.add_row(*(f"{rate:,.0f}/s" for rate in rates), "records", "after start", style="dim")
    return table


def _journeys(readings: Readings) -> Table:
    table = Table.grid(expand=True)
    table.add_column()
    table.add_column(justify="right")
    table.add_row(Text("journeys", "bold"), Text(f"{sum(readings.journeys.values()):,}", "bold"))
    for status, count in readings.journeys.items():
        table.add_row(Text(status, _STATUS_STYLES.get(status, "")), f"{count:,}")
    return table


def _dead_letters(readings: Readings, rows: int) -> Table:
    table = Table.grid(expand=True)
    table.add_column()
    table.add_column(justify="right")
    table.add_row(Text("dead letters", "bold"), Text(f"{readings.dead:,}", "bold"))
    reasons = list(readings.dead_letters.items())
    shown = reasons if len(reasons) <= rows else reasons[: rows - 1]
    for reason, count in shown:
        table.add_row(reason, f"{count:,}")
    rest = sum(count for _, count in reasons[len(shown) :])
    if rest:
        table.add_row(Text("others", "dim"), f"{rest:,}")
    return table


def _matrix(pairs: tuple[Pair, ...], rows: int, narrow: bool) -> Table:
    table = Table(box=None, padding=(0, 1), expand=True, show_edge=False, header_style="bold", pad_edge=False)
    table.add_column("handoff", no_wrap=True)
    table.add_column("n", justify="right", no_wrap=True)
    table.add_column("smooth", justify="right", no_wrap=True)
    table.add_column("failed", justify="right", no_wrap=True)
    table.add_column("failures", ratio=1, no_wrap=True, overflow="ellipsis")
    for pair in pairs[:rows]:
        arrow = f"{_name(pair.from_channel, narrow)} → {_name(pair.to_channel, narrow)}"
        known = pair.smooth + pair.failed
        failures = " ".join(f"{failure} {count}" for failure, count in pair.failures)
        table.add_row(
            arrow, f"{known + pair.pending:,}", _share(pair.smooth, known), _share(pair.failed, known), failures
        )
    if len(pairs) > rows:
        table.add_row(Text(f"and {len(pairs) - rows} more", "dim"))
    return table


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"


def _name(channel: str, narrow: bool) -> str:
    return _SHORT.get(channel, channel) if narrow else channel


def _story(scene: Scene, lines: int) -> Panel:
    failure = scene.readings.latest_failure
    text = tell_story(failure, scene.zone) if failure else "none yet"
    return Panel(Text(text), title="the latest failed handoff", title_align="left", height=lines + 2, padding=(0, 1))
