"""`omnitrack status`: lag, rows, dead letters, and whether the account of records adds up."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from omnitrack.commands.formats import Format
from omnitrack.commands.options import ClickHouse, DataDir, Kafka
from omnitrack.commands.telling import OTHERWISE, complain
from omnitrack.settings import read_environment, resolve_endpoints
from omnitrack.status.collect import collect
from omnitrack.status.table import render
from omnitrack.terminal import plain_console, say


def status_command(
    form: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TABLE,
    kafka: Kafka = None,
    clickhouse: ClickHouse = None,
    data_dir: DataDir = None,
) -> None:
    """Show lag per topic, rows per table, dead letters by reason, and received = stored + dead + duplicate.

    And, where that is so, which topics have partitions that are offline or under-replicated, or fewer replicas than
    OMNITRACK_REPLICATION wants. Exit code 1 if Kafka or ClickHouse does not answer, or a partition is offline or takes
    no writes; what can be told is shown all the same.
    """
    report = collect(resolve_endpoints(kafka, clickhouse, data_dir), read_environment().replication)
    if form is Format.JSON:
        typer.echo(msgspec.json.format(msgspec.json.encode(report), indent=2))
    else:
        console = plain_console()
        for part in render(report):
            console.print(part, soft_wrap=isinstance(part, str))
    errors = plain_console(stderr=True)
    for warning in report.warnings:
        say(errors, warning, "yellow")
    for problem in report.problems:
        complain("status", problem)
    if report.problems:
        raise typer.Exit(OTHERWISE)
