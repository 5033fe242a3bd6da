"""The account of a run, as tables on a terminal and as plain lines elsewhere."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from omnitrack.publishing.tally import Tally
from omnitrack.terminal import say


@dataclass(frozen=True, slots=True)
class Row:
    """Lines of one fate; `indented` rows are the reasons within the row above them."""

    what: str
    count: int
    indented: bool = False


def rows(tally: Tally) -> list[Row]:
    """Lines add up: read = used + no touchpoint + refused. Repairs are among the used, several in one perhaps."""
    return [
        Row("lines read", tally.lines),
        Row("used", tally.used),
        *_reasons(tally.repaired),
        Row("no touchpoint", tally.no_touchpoint.total()),
        *_reasons(tally.no_touchpoint),
        Row("refused", tally.refused.total()),
        *_reasons(tally.refused),
    ]


def print_summary(console: Console, tally: Tally) -> None:
    """The rows, then the first examples of each reason of refusal as `file:line: field: why`."""
    if console.is_terminal:
        console.print(_table(tally))
    else:
        for row in rows(tally):
            say(console, f"{'  ' if row.indented else ''}{row.what}: {row.count:,}")
    for reason, examples in tally.examples.items():
        for example in examples:
            say(console, f"{reason}: {example}")
        left_out = tally.refused[reason] - len(examples)
        if left_out:
            say(console, f"{reason}: and {left_out:,} more")


def _table(tally: Tally) -> Table:
    table = Table(show_header=False)
    table.add_column("what")
    table.add_column("lines", justify="right")
    for row in rows(tally):
        style = "red" if row.what == "refused" and row.count else "dim" if row.indented else None
        table.add_row(f"{'  ' if row.indented else ''}{row.what}", f"{row.count:,}", style=style)
    return table


def _reasons(counts: Counter[str]) -> list[Row]:
    return [Row(reason, count, indented=True) for reason, count in counts.most_common()]
