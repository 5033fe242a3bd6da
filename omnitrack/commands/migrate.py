"""`omnitrack migrate`: create or update the tables in ClickHouse."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from omnitrack.settings import resolve_endpoints
from sinks.clickhouse.errors import ClickHouseError
from sinks.clickhouse.migrate import Migration, migrate, plan
from sinks.clickhouse.settings import ClickHouseSettings


def migrate_command(
    clickhouse: Annotated[
        str | None, typer.Option(metavar="URL", help="ClickHouse; else that of the running `up`.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the SQL that would run, change nothing.")] = False,
) -> None:
    """Create the database and its tables, or bring them up to date. Running it again, even at once, is safe.

    Exit code 1: ClickHouse does not answer, refuses a statement, or holds other migrations than these. 2: wrong usage.
    """
    errors = Console(stderr=True)
    try:
        settings = ClickHouseSettings.of(resolve_endpoints(clickhouse=clickhouse).clickhouse)
        if dry_run:
            _show(plan(settings), settings)
        else:
            _report(migrate(settings), settings)
    except ClickHouseError as error:
        errors.print(f"migrate: {error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from error


def _report(done: tuple[Migration, ...], settings: ClickHouseSettings) -> None:
    for migration in done:
        typer.echo(f"applied {migration.name}")
    typer.echo(f"{settings.database} at {settings.address} is up to date")


def _show(todo: tuple[Migration, ...], settings: ClickHouseSettings) -> None:
    if not todo:
        typer.echo(f"-- {settings.database} at {settings.address} is up to date")
    for migration in todo:
        typer.echo(f"-- {migration.name}")
        for statement in migration.statements:
            typer.echo(f"{statement};\n")
