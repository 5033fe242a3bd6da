"""`omnitrack report`: a month on one page."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from omnitrack.commands.options import ClickHouse, DataDir
from omnitrack.commands.telling import complaining
from omnitrack.metrics.period import BadPeriod, parse_month
from omnitrack.report.facts import collect
from omnitrack.report.page import render
from omnitrack.report.words import report_words
from omnitrack.settings import resolve_endpoints
from sinks.clickhouse.client import connected
from sinks.clickhouse.errors import ClickHouseError
from sinks.clickhouse.metrics import read_span, read_time_zone


class Language(StrEnum):
    """Those of the explorer."""

    EN = "en"
    ZH = "zh"


class NothingToReport(Exception):
    """Nothing was observed in the month; the text says what there is."""


def report_command(
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="The month, in the catalogue's time zone.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where the page goes.")],
    language: Annotated[Language, typer.Option(help="The page's language.")] = Language.EN,
    clickhouse: ClickHouse = None,
    data_dir: DataDir = None,
) -> None:
    """Write the report of a month: one HTML page that needs nothing else, to be mailed, printed or shown.

    Exit code 2: ClickHouse does not answer, nothing was observed, the file cannot be written, or wrong usage.
    """
    with complaining("report", BadPeriod, ClickHouseError, NothingToReport, OSError):
        settings = resolve_endpoints(clickhouse=clickhouse, data_dir=data_dir).clickhouse_settings
        with connected(settings) as client:
            zone = read_time_zone(client)
            period = parse_month(month, zone)
            facts = collect(client, period, zone)
            if facts.is_empty:
                span = read_span(client)
                known = (
                    f"there are journeys from {span.since:%Y-%m} to {span.until:%Y-%m}" if span else "there is nothing"
                )
                raise NothingToReport(f"nothing was observed in {month}: {known}")
        page = render(facts, datetime.now(UTC).astimezone(ZoneInfo(zone)), settings, report_words(language.value))
        output.write_text(page, encoding="utf-8")
    typer.echo(f"wrote {output}: {period.since:%B %Y}, {len(page.encode()) / 1000:.0f} kB")
