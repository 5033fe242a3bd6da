"""`omnitrack rules`: alert rules looked at without a stream."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from omnitrack import sql_output
from omnitrack.commands.formats import Format
from omnitrack.commands.options import Catalogue as CatalogueFile
from omnitrack.commands.options import ClickHouse, DataDir
from omnitrack.commands.telling import FAILED, OTHERWISE, complain, complaining
from omnitrack.metrics.period import BadPeriod, Period, parse_period
from omnitrack.rules.dry_run import Fired, dry_run
from omnitrack.rules.explain import explain, explain_silence
from omnitrack.rules.run_tests import Outcome, run_tests
from omnitrack.rules.suite_file import SuiteError, load_tests
from omnitrack.settings import resolve_endpoints
from omnitrack.terminal import plain_console
from schemas.catalogue import CatalogueError, load_catalogue
from sinks.clickhouse.client import connected
from sinks.clickhouse.errors import ClickHouseError
from sinks.clickhouse.metrics import read_time_zone

WEEK = timedelta(days=7)

rules_app = typer.Typer(no_args_is_help=True, help="Check, test and try the alert rules of a catalogue.")


@rules_app.command("check")
def check_command(file: Annotated[Path, typer.Argument(help="A catalogue, YAML.")]) -> None:
    """Tell what each rule says, or what is wrong with the file. Exit code 2: it is not valid."""
    with complaining("rules", CatalogueError):
        catalogue = load_catalogue(file)
    for rule in catalogue.alerts.rules:
        typer.echo(f"{rule.name} ({rule.severity}): {explain(rule)}")
    for line in explain_silence(catalogue.alerts):
        typer.echo(f"- {line}")
    if not catalogue.alerts.rules:
        typer.echo(f"{file}: no alert rules: nothing is ever alerted")


@rules_app.command("test")
def test_command(
    file: Annotated[Path, typer.Argument(help="Tests: touchpoints in, expected alerts out; YAML, docs/alerts.md.")],
) -> None:
    """Run unit tests of alert rules. Exit code 1: some failed; 2: a file is not valid."""
    with complaining("rules", CatalogueError, SuiteError):
        loaded = load_tests(file)
        catalogue = load_catalogue(file.parent / loaded.file.catalogue)
        outcomes = list(run_tests(loaded, catalogue))
    for outcome in outcomes:
        _tell(outcome)
    failed = sum(not outcome.passed for outcome in outcomes)
    typer.echo(f"{len(outcomes) - failed} passed, {failed} failed")
    if failed:
        raise typer.Exit(OTHERWISE)


@rules_app.command("dry-run")
def dry_run_command(
    catalogue: CatalogueFile = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="From this day, month or time on; else a week before the end.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Until before this day, month or time; else now.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TABLE,
    clickhouse: ClickHouse = None,
    data_dir: DataDir = None,
) -> None:
    """How often would each rule have fired, day by day, on the rows that are stored?

    By the rows as they are now: what a correction has taken back since is not counted. Exit code 2: ClickHouse does not
    answer, wrong usage, or the catalogue is not valid.
    """
    endpoints = resolve_endpoints(clickhouse=clickhouse, data_dir=data_dir)
    file = endpoints.catalogue(catalogue)
    if file is None:
        complain("rules", "which rules? Give --catalogue, or set OMNITRACK_CATALOGUE")
        raise typer.Exit(FAILED)
    with complaining("rules", BadPeriod, CatalogueError, ClickHouseError):
        rules = load_catalogue(file)
        with connected(endpoints.clickhouse_settings) as client:
            zone = read_time_zone(client)
            period = _week(parse_period(since, until, zone, datetime.now(UTC)), since)
            fired = dry_run(client, rules, period, zone)
    _print_fired(fired, period, form)


def _week(period: Period, since: str | None) -> Period:
    return period if since is not None else Period(period.until - WEEK, period.until)


def _print_fired(fired: list[Fired], period: Period, form: Format) -> None:
    if form is Format.JSON:
        for one in fired:
            by_day = {str(day): count for day, count in sorted(one.days.items())}
            typer.echo(
                json.dumps({"rule": one.rule.name, "fired": one.total, "silenced": one.silenced, "days": by_day})
            )
        return
    days = sorted({day for one in fired for day in one.days})
    typer.echo(f"{period}: how often each rule would have fired\n")
    names = ["rule", "severity", *(f"{day:%m-%d}" for day in days), "fired", "silenced"]
    rows = [
        [one.rule.name, one.rule.severity, *(one.days[day] for day in days), one.total, one.silenced] for one in fired
    ]
    sql_output.print_table(plain_console(), names, rows)


def _tell(outcome: Outcome) -> None:
    typer.echo(f"{'ok    ' if outcome.passed else 'FAILED'} {outcome.name} ({outcome.alerts} alerts)")
    for line in outcome.missing:
        typer.echo(f"       expected, did not come: {line}")
    for line in outcome.unexpected:
        typer.echo(f"       came, was not expected: {line}")
