"""`omnitrack status`: lag, rows, dead letters, and whether the account of records adds up."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer
from rich.console import Console

from omnitrack.commands.formats import Format
from omnitrack.commands.options import ClickHouse, DataDir, Kafka
from omnitrack.settings import read_environment, resolve_endpoints
from omnitrack.status.collect import collect
from omnitrack.status.table import render


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
        console = Console()
        for part in render(report):
            console.print(part, soft_wrap=isinstance(part, str))
    errors = Console(stderr=True)
    for warning in report.warnings:
        errors.print(warning, style="yellow", soft_wrap=True, markup=False)
    for problem in report.problems:
        errors.print(problem, style="red", soft_wrap=True, markup=False)
    if report.problems:
        raise typer.Exit(1)
