"""The data dictionary: what the database's own comments say of its tables, columns and views, as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from clickhouse_driver import Client

from sinks.clickhouse.view_calls import PARAMETER

DICTIONARY = Path(__file__).parents[2] / "docs" / "data-dictionary.md"
INTRODUCTION = """\
# Data dictionary

Made by `make docs` from the comments in the database; of the version that is deployed, ask your own:

    omnitrack sql "SELECT name, type, comment FROM system.columns WHERE database = 'omnitrack' AND table = 'journeys'"
    omnitrack sql "SELECT comment FROM system.tables WHERE database = 'omnitrack' AND name = 'metric_wait'"

Times are UTC milliseconds. Tables are read with `FINAL`; how they are used is told in [analysts.md](analysts.md), how
views are called in [metrics.md](metrics.md). Views that are not here (`explorer_…`) serve omnitrack's own pages, and
may change with them.
"""
TABLES = """
SELECT name, comment FROM system.tables
WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name
"""
COLUMNS = """
SELECT name, type, comment FROM system.columns
WHERE database = currentDatabase() AND table = {table:String} ORDER BY position
"""
VIEWS = """
SELECT name, comment, as_select FROM system.tables
WHERE database = currentDatabase() AND engine = 'View' AND match(name, '^(metric|selected)_') ORDER BY name
"""


def read_dictionary(client: Client) -> str:
    """The dictionary of the client's database."""
    return "\n".join(_lines(client)) + "\n"


def _lines(client: Client) -> Iterator[str]:
    yield INTRODUCTION
    yield "## Tables"
    for name, comment in client.execute(TABLES):
        yield f"\n### {name}\n\n{comment}.\n"
        yield from _table(("column", "type", "meaning"), client.execute(COLUMNS, {"table": name}))
    yield "\n## Views"
    for name, comment, select in client.execute(VIEWS):
        yield f"\n### {name}\n"
        yield from _view(comment, dict(PARAMETER.findall(select)))


def _view(comment: str, parameters: dict[str, str]) -> Iterator[str]:
    head, _, columns = comment.partition("\nColumns:\n")
    meaning, *told = head.splitlines()
    yield meaning + "\n"
    for line in told:
        heading, _, text = line.partition(": ")
        yield f"* {heading}: {text}"
    yield f"* Parameters: {', '.join(f'`{name}`' for name in parameters)}"
    if columns:
        yield ""
        yield from _table(("column", "meaning"), (line.strip().split(": ", 1) for line in columns.splitlines()))


def _table(head: tuple[str, ...], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for first, *others in rows:
        cells = [f"`{first}`", *(re.sub(r"([|<])", r"\\\1", it) for it in others)]
        yield f"| {' | '.join(cells)} |"
