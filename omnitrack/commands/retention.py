"""`omnitrack retention`: how long rows are kept."""

from __future__ import annotations

from typing import Annotated

import typer

from omnitrack import sql_output
from omnitrack.commands.options import Catalogue, ClickHouse, DataDir
from omnitrack.commands.telling import OTHERWISE, complaining
from omnitrack.settings import resolve_endpoints
from omnitrack.terminal import plain_console
from schemas.catalogue import CatalogueError, load_catalogue
from sinks.clickhouse.client import connected
from sinks.clickhouse.errors import ClickHouseError
from sinks.clickhouse.retention import Change, apply, read_changes

_DAY = 86_400


def retention_command(
    do_apply: Annotated[bool, typer.Option("--apply", help="Do it; without this it is only shown.")] = False,
    catalogue: Catalogue = None,
    clickhouse: ClickHouse = None,
    data_dir: DataDir = None,
) -> None:
    """Show how long the rows of each table are kept, how long the catalogue wants them kept, and how many would leave.

    With --apply the tables are altered; ClickHouse removes older rows in the background, and rows to come as they age.

    Exit code 0: the tables are as the catalogue says; 1: they are not, --apply makes them so; 2: it could not be done.
    """
    with complaining("retention", CatalogueError, ClickHouseError):
        endpoints = resolve_endpoints(clickhouse=clickhouse, data_dir=data_dir)
        wanted = load_catalogue(endpoints.catalogue(catalogue)).retention
        settings = endpoints.clickhouse_settings
        with connected(settings) as client:
            changes = read_changes(client, wanted, settings.storage)
            _show(changes)
            todo = [change for change in changes if not change.is_none]
            for change in todo if do_apply else ():
                apply(client, change, settings.storage)
    if do_apply:
        typer.echo(f"{len(todo):,} tables altered", err=True)
    elif todo:
        typer.echo("nothing was altered: --apply does it", err=True)
        raise typer.Exit(OTHERWISE)


def _show(changes: tuple[Change, ...]) -> None:
    names = ("table", "kept", "wanted", "rows older than that")
    rows = [(one.table, _days(one.now), _days(one.wanted), one.leaving) for one in changes]
    sql_output.print_table(plain_console(), names, rows)


def _days(seconds: int | None) -> str:
    if seconds is None:
        return "for ever"
    return f"{seconds / _DAY:g} days"
