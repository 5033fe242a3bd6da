"""Results as Markdown tables and as plots, and such tables put into documents where these ask for them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from bench.report import Row

PLACE = re.compile(r"(<!-- table: (?P<name>[\w-]+) -->\n).*?(<!-- end of table -->)", re.DOTALL)
"""Between these two comments a document wants a table."""

MISSING = "(not measured yet)\n"


def load(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def table(rows: Sequence[Row]) -> str:
    """The rows under the names of all their figures; what a row does not have stays empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [names, ["---:" if _is_number(rows, name) else "---" for name in names]]
    lines += [[_shown(row.get(name, "")) for name in names] for row in rows]
    heads = [_head(name) for name in names]
    return "".join(f"| {' | '.join(line)} |\n" for line in [heads, *lines[1:]])


def where(found: dict[str, Any]) -> str:
    """On what, when and with which options it was measured."""
    machine = found["machine"]
    options = ", ".join(f"{name} {value}" for name, value in found["options"].items() if value is not None)
    return (
        f"{found['measured_at'][:10]}, commit {found['revision']}, {machine['cores']} cores of {machine['processor']}, "
        f"{machine['memory_gb']} GB, Python {machine['python']}, load {machine['load']} at the end; "
        f"{options or 'no options'}"
    )


def fill(text: str, made: Callable[[str], str | None]) -> str:
    """The text with each table that it asks for; one that cannot be made yet is said to be missing."""

    def filled(place: re.Match[str]) -> str:
        return f"{place[1]}{made(place['name']) or MISSING}{place[3]}"

    return PLACE.sub(filled, text)


def draw(rows: Sequence[Row], column: str, title: str, file: Path) -> None:
    """Bars of a column by what was measured, as SVG."""
    shown = [row for row in rows if column in row]
    figure = Figure(figsize=(8, 0.6 + 0.4 * len(shown)), layout="constrained")
    axes = figure.subplots()
    bars = axes.barh([str(row["what"]) for row in shown], [float(row[column]) for row in shown], color="#3572a5")
    axes.bar_label(bars, labels=[_shown(row[column]) for row in shown], padding=3)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set_title(title, loc="left", fontsize=10)
    axes.set_xlabel(_head(column))
    axes.spines[["top", "right"]].set_visible(False)
    # Without a date or random names, so that it changes only with what it shows.
    with rc_context({"svg.hashsalt": file.stem}):
        figure.savefig(file, format="svg", metadata={"Date": None})


def _head(name: str) -> str:
    for short, unit in (
        ("_per_s", "/s"),
        ("_s", " s"),
        ("_mb", " MB"),
        ("_gb", " GB"),
        ("_s_per_million", " s per million"),
    ):
        if name.endswith(short) and not name.endswith(f"{short}_per_million"):
            name = name.removesuffix(short) + unit
            break
    return name.replace("_", " ")


def _is_number(rows: Sequence[Row], name: str) -> bool:
    return all(isinstance(row.get(name, 0), int | float) for row in rows)


def _shown(value: str | float) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
