"""`omnitrack migrate`: create or update the tables in ClickHouse."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omnitrack.commands.options import ClickHouse, DataDir
from omnitrack.commands.telling import complaining
from omnitrack.settings import resolve_endpoints
from schemas.catalogue import CatalogueError, load_catalogue
from sinks.clickhouse.errors import ClickHouseError
from sinks.clickhouse.migrate import Steps, migrate, plan
from sinks.clickhouse.roles import make_roles, role_statements
from sinks.clickhouse.settings import ClickHouseSettings


def migrate_command(
    clickhouse: ClickHouse = None,
    data_dir: DataDir = None,
    catalogue: Annotated[
        Path | None,
        typer.Option(
            envvar="OMNITRACK_CATALOGUE", help="Catalogue that metrics are to go by; else the one loaded before."
        ),
    ] = None,
    roles: Annotated[
        bool, typer.Option("--roles", help="Make the roles for writers, operators, analysts, Grafana too.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the SQL that would run, change nothing.")] = False,
) -> None:
    """Create the database with its tables and views, or bring them up to date. Running it again, even at once, is safe.

    --roles makes the roles omnitrack_writer, omnitrack_operator, omnitrack_analyst and omnitrack_grafana too, for the
    URL's database, and needs a user who may manage access; run it again after an upgrade. The embedded ClickHouse has
    no roles.

    Exit code 2: ClickHouse does not answer, refuses a statement, or holds other migrations than these; wrong usage, or
    a mistake in the catalogue.
    """
    with complaining("migrate", CatalogueError, ClickHouseError):
        settings = resolve_endpoints(clickhouse=clickhouse, data_dir=data_dir).clickhouse_settings
        if dry_run:
            _show(plan(settings), settings)
            _show_roles(settings, roles)
        else:
            _report(migrate(settings, load_catalogue(catalogue) if catalogue else None), settings)
            _make_roles(settings, roles)


def _make_roles(settings: ClickHouseSettings, wanted: bool) -> None:
    if not wanted:
        return
    if make_roles(settings):
        typer.echo("made the roles omnitrack_writer, omnitrack_operator and omnitrack_analyst: grant them to users")
    else:
        typer.echo("skipped the roles: the embedded ClickHouse has no users and no roles")


def _show_roles(settings: ClickHouseSettings, wanted: bool) -> None:
    for statement in role_statements(settings.storage) if wanted else ():
        typer.echo(f"{statement};\n")


def _report(done: Steps, settings: ClickHouseSettings) -> None:
    for name, _ in done.statements:
        typer.echo(f"applied {name}")
    typer.echo(f"{settings.database} at {settings.address} is up to date")


def _show(todo: Steps, settings: ClickHouseSettings) -> None:
    if not todo.statements:
        typer.echo(f"-- {settings.database} at {settings.address} is up to date")
    for name, statements in todo.statements:
        typer.echo(f"-- {name}")
        for statement in statements:
            typer.echo(f"{statement};\n")
