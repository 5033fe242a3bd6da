"""`omnitrack sql`: ask ClickHouse."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from clickhouse_driver import Client

from omnitrack.commands.options import ClickHouse, DataDir
from omnitrack.commands.telling import INTERRUPTED, complain, complaining
from omnitrack.settings import resolve_endpoints
from omnitrack.sql_output import Format, print_table, render
from omnitrack.terminal import plain_console
from sinks.clickhouse.client import connected
from sinks.clickhouse.errors import ClickHouseError
from sinks.clickhouse.statements import split_statements


def sql_command(
    query: Annotated[
        str, typer.Argument(help="SQL, several statements are separated by `;`. `-`: read it from stdin.")
    ],
    form: Annotated[Format, typer.Option("--format", help="How to print the rows.")] = Format.TABLE,
    param: Annotated[
        list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="Value of {NAME:Type} in the query.")
    ] = None,
    clickhouse: ClickHouse = None,
    data_dir: DataDir = None,
) -> None:
    """Run SQL in ClickHouse and print the rows.

    Exit code 2: ClickHouse does not answer or refuses the query, or wrong usage; 130: cancelled with Ctrl-C.
    """
    parameters = _parameters(param or [])
    statements = split_statements(sys.stdin.read() if query == "-" else query)
    if not statements:
        raise typer.BadParameter("there is no statement in it", param_hint="QUERY")
    settings = resolve_endpoints(clickhouse=clickhouse, data_dir=data_dir).clickhouse_settings
    try:
        with complaining("sql", ClickHouseError), connected(settings) as client:
            for statement in statements:
                _run(client, statement, parameters, form)
    except KeyboardInterrupt as error:
        complain("sql", "cancelled")
        raise typer.Exit(INTERRUPTED) from error


def _run(client: Client, statement: str, parameters: dict[str, str], form: Format) -> None:
    rows = client.execute_iter(statement, parameters, with_column_types=True)
    columns: list[tuple[str, str]] = next(rows, [])
    names = [name for name, _ in columns]
    if not names:
        return
    if form is Format.TABLE:
        print_table(plain_console(), names, rows)
        return
    for line in render(form, names, rows):
        typer.echo(line)


def _parameters(given: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    for name, equals, _ in pairs:
        if not equals or not name.isidentifier():
            raise typer.BadParameter(f"{name!r} is not NAME=VALUE", param_hint="--param")
    return {name: value for name, _, value in pairs}
