"""The `omnitrack` command. Each command lives in `omnitrack/commands/`."""

from __future__ import annotations

import re
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from omnitrack.commands.audit import audit_command
from omnitrack.commands.catalogue import catalogue_command
from omnitrack.commands.copy import copy_command
from omnitrack.commands.dead import dead_app
from omnitrack.commands.demo import demo_command
from omnitrack.commands.drain import drain_command
from omnitrack.commands.erase import erase_command
from omnitrack.commands.explore import explore_command
from omnitrack.commands.explorer_user import explorer_user_app
from omnitrack.commands.metrics import metrics_command
from omnitrack.commands.migrate import migrate_command
from omnitrack.commands.pseudonyms import pseudonyms_app
from omnitrack.commands.publish import publish_command
from omnitrack.commands.replicas import replicas_command
from omnitrack.commands.report import report_command
from omnitrack.commands.restitch import restitch_command
from omnitrack.commands.retention import retention_command
from omnitrack.commands.rules import rules_app
from omnitrack.commands.schema import schema_app
from omnitrack.commands.simulate import simulate
from omnitrack.commands.sql import sql_command
from omnitrack.commands.status import status_command
from omnitrack.commands.stitch import stitch_command
from omnitrack.commands.undelivered import undelivered_app
from omnitrack.commands.up import up_command
from omnitrack.settings import SettingsError

PASSWORD_IN_URL = re.compile(r"clickhouses?://[^/@]*:[^/@]+@")
TOO_OPEN = (
    "everybody on this machine can read a password among the arguments: take it out of the URL, and set"
    " OMNITRACK_CLICKHOUSE_PASSWORD_FILE, or give the whole URL as OMNITRACK_CLICKHOUSE"
)

app = typer.Typer(
    name="omnitrack",
    help="Omnichannel experience tracker for banks.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)

app.command("demo")(demo_command)
app.command("up")(up_command)
app.command("simulate")(simulate)
app.command("publish")(publish_command)
app.command("copy")(copy_command)
app.command("stitch")(stitch_command)
app.command("catalogue")(catalogue_command)
app.command("migrate")(migrate_command)
app.command("explore")(explore_command)
app.command("sql")(sql_command)
app.command("metrics")(metrics_command)
app.command("report")(report_command)
app.command("drain")(drain_command)
app.command("status")(status_command)
app.command("audit")(audit_command)
app.command("replicas")(replicas_command)
app.command("restitch")(restitch_command)
app.add_typer(rules_app, name="rules")
app.add_typer(schema_app, name="schema")
app.command("retention")(retention_command)
app.command("erase")(erase_command)
app.add_typer(dead_app, name="dead")
app.add_typer(explorer_user_app, name="explorer-user")
app.add_typer(undelivered_app, name="undelivered")
app.add_typer(pseudonyms_app, name="pseudonyms")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"omnitrack {version('omnitrack')}")
        raise typer.Exit


@app.callback()
def omnitrack(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Omnichannel experience tracker for banks."""


def main() -> None:
    """Run the command line; a wrong setting is told in one line, with exit code 2."""
    if any(PASSWORD_IN_URL.search(argument) for argument in sys.argv[1:]):
        typer.echo(f"omnitrack: {TOO_OPEN}", err=True)
        raise SystemExit(2)
    try:
        app()
    except SettingsError as error:
        typer.echo(f"omnitrack: {error}", err=True)
        raise SystemExit(2) from error


if __name__ == "__main__":
    main()
