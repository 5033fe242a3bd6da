"""`omnitrack restitch`: customers made anew from all that is stored of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from omnitrack.broker_reader import BrokerUnavailableError
from omnitrack.commands.formats import Format
from omnitrack.commands.options import Catalogue, ClickHouse, DataDir, Kafka
from omnitrack.commands.telling import INTERRUPTED, OTHERWISE, complain, complaining
from omnitrack.commands.times import parse_time
from omnitrack.restitch.job import CannotRestitch, Job
from omnitrack.restitch.report import Report
from omnitrack.restitch.selection import EVERYBODY, Listed, Received, Selection
from omnitrack.restitch.table import render
from omnitrack.sending import NotSentError
from omnitrack.settings import resolve_endpoints
from omnitrack.terminal import plain_console
from schemas.catalogue import CatalogueError, load_catalogue
from sinks.clickhouse.errors import ClickHouseError
from streams.keys import PseudonymKeyError
from streams.sealing import CannotOpen

UNFIT = (
    BrokerUnavailableError,
    CatalogueError,
    ClickHouseError,
    NotSentError,
    CannotRestitch,
    PseudonymKeyError,
    CannotOpen,
    ValueError,
)


def restitch_command(
    customers: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Customer ids as they are stored, one per line; - is standard input."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Customers of whom something was received from then on.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="And before then.")] = None,
    everybody: Annotated[bool, typer.Option("--all", help="All customers.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Take the difference in, while the stream goes on.")] = False,
    catalogue: Catalogue = None,
    form: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TABLE,
    examples: Annotated[int, typer.Option(min=0, help="Of each table and kind of difference.")] = 3,
    wait: Annotated[bool, typer.Option(help="Wait before and after until all that was received is stored.")] = True,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait at most, each time.")] = 300.0,
    kafka: Kafka = None,
    clickhouse: ClickHouse = None,
    data_dir: DataDir = None,
) -> None:
    """Make customers anew from all their stored touchpoints and those that came too late, and show what differs.

    Nothing is changed without --apply. With it, who differs is handed to the stream workers, who merge it with what has
    come since. They stitch by their own catalogue, and refuse what was compared by another: start them with the same.
    Applying twice changes nothing.

    Exit code 0: nothing differs, or nothing does any more; 1: something differs; 2: it could not be done; 130:
    interrupted, what was handed over until then is taken in.
    """
    errors = plain_console(stderr=True)
    try:
        with complaining("restitch", *UNFIT):
            selection = _selection(customers, since, until, everybody)
            endpoints = resolve_endpoints(kafka, clickhouse, data_dir)
            rules = load_catalogue(endpoints.catalogue(catalogue))
            report = Job(endpoints, selection, rules, examples, timeout if wait else None, errors).run(apply=apply)
    except KeyboardInterrupt as error:
        complain("restitch", "interrupted; what was handed over until then is taken in")
        raise typer.Exit(INTERRUPTED) from error
    _show(report, form)
    raise typer.Exit(_exit_code(report))


def _selection(customers: Path | None, since: str | None, until: str | None, everybody: bool) -> Selection:
    in_period = since is not None or until is not None
    if sum((customers is not None, in_period, everybody)) != 1:
        raise CannotRestitch("say whom: --customers FILE, or --since and --until, or --all")
    if customers is not None:
        return Listed(_read_ids(customers))
    return Received(
        EVERYBODY.since if since is None else parse_time(since, "--since"),
        EVERYBODY.until if until is None else parse_time(until, "--until"),
    )


def _read_ids(file: Path) -> tuple[str, ...]:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRestitch(f"--customers: {file} cannot be read: {error}") from error
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _show(report: Report, form: Format) -> None:
    if form is Format.JSON:
        typer.echo(msgspec.json.format(msgspec.json.encode(report), indent=2))
        return
    console = plain_console()
    for part in render(report):
        console.print(part, soft_wrap=isinstance(part, str))


def _exit_code(report: Report) -> int:
    if report.interrupted:
        return INTERRUPTED
    applied = report.applied
    settled = report.differing == 0 or (applied is not None and applied.behind is None and applied.differ == 0)
    return 0 if settled else OTHERWISE
