"""`omnitrack simulate`: a bank plays its customers into a file or into Kafka."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from omnitrack.commands.options import Catalogue, DataDir, Kafka
from omnitrack.commands.telling import complaining, ending_with
from omnitrack.settings import Endpoints, resolve_endpoints
from omnitrack.terminal import plain_console
from schemas.catalogue import Catalogue as Rules
from schemas.catalogue import CatalogueError, load_catalogue
from schemas.durations import DAY
from schemas.topics import Topics
from sources.simulator import Plan, Simulation
from sources.simulator.conductor import Conductor, now
from sources.simulator.senders import FileSender, RawSender, Sender, SendFailedError
from sources.simulator.truth_file import TruthFile


def simulate_command(
    customers: Annotated[int, typer.Option(min=1, help="How many customers the bank has.")] = 2_000,
    days: Annotated[float | None, typer.Option(min=0, help="Days of history up to now. Default: 7, live: 0.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, time and options play the same bank.")] = 1,
    live: Annotated[
        bool, typer.Option("--live/--no-live", help="Go on at the clock's pace after the history.")
    ] = False,
    rate: Annotated[float, typer.Option(min=0.1, help="Live: about so many touchpoints a second.")] = 50.0,
    seconds: Annotated[float | None, typer.Option(min=0, help="Live: end after so many seconds.")] = None,
    compression: Annotated[float, typer.Option(min=1, help="Live: journeys run so many times faster.")] = 600.0,
    dirt: Annotated[
        float, typer.Option(min=0, max=1, help="Share of records sent twice; half as many are junk.")
    ] = 0.02,
    out: Annotated[Path | None, typer.Option(help="Write JSON lines to this file instead of Kafka.")] = None,
    kafka: Kafka = None,
    data_dir: DataDir = None,
    truth: Annotated[Path | None, typer.Option(help="Write what must come of it, as JSON lines.")] = None,
    catalogue: Catalogue = None,
) -> None:
    """Play a bank's customers over its six channels: journeys, referrals, waits, promises, and dirty delivery.

    Ctrl-C ends cleanly. Exit code 2: Kafka, a file or the catalogue could not be used.
    """
    console = plain_console(stderr=True)
    if out is not None and kafka is not None:
        raise typer.BadParameter("give --out or --kafka, not both")
    with complaining("simulate", CatalogueError, SendFailedError, OSError):
        endpoints = resolve_endpoints(kafka=kafka, data_dir=data_dir)
        rules = load_catalogue(endpoints.catalogue(catalogue))
        began = now()
        length = _history(days, live, rules)
        plan = Plan(
            since=began - length,
            seed=seed,
            customers=customers,
            live_from=began if live else None,
            live_rate=rate,
            compression=compression,
            dirt=dirt,
            by_topic=out is None,
        )
        conductor = _play(console, plan, rules, began, seconds, out, endpoints, truth)
    console.print(f"{conductor.sent:,} records of {conductor.journeys:,} journeys", highlight=False)
    console.print(_summary(conductor))


def _history(days: float | None, live: bool, catalogue: Rules) -> int:
    """The history's length in ms; longer than the horizon is refused, for its touchpoints would be too late."""
    length = int((days if days is not None else 0 if live else 7) * DAY)
    if catalogue.horizon is not None and length > catalogue.horizon - DAY:
        longest = catalogue.horizon // DAY - 1
        raise typer.BadParameter(f"--days: at most {longest} within the catalogue's horizon; raise `horizon` for more")
    return length


def _play(
    console: Console,
    plan: Plan,
    catalogue: Rules,
    began: int,
    seconds: float | None,
    out: Path | None,
    endpoints: Endpoints,
    truth: Path | None,
) -> Conductor:
    with ExitStack() as stack:
        sender = _sender(out, endpoints)
        stack.callback(sender.close)
        truth_file = stack.enter_context(TruthFile(truth, catalogue)) if truth is not None else None
        conductor = Conductor(Simulation(plan, catalogue), sender, truth_file)
        stack.enter_context(ending_with(conductor.stop.set))
        bar = stack.enter_context(_progress(console))
        task = bar.add_task("history", total=max(1, began - plan.since), rate="")

        def show(at: int) -> None:
            bar.update(task, completed=at - plan.since, rate=f"{conductor.sent:,} sent")

        if began > plan.since:
            conductor.play_history(began, show)
        if plan.live_from is not None:
            bar.update(task, description="live", total=None)
            conductor.play_live(seconds, show)
        conductor.finish()
    return conductor


def _sender(out: Path | None, endpoints: Endpoints) -> Sender:
    if out is not None:
        return FileSender(out)
    return RawSender(endpoints.kafka, Topics(endpoints.topic_prefix))


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rate]}"), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _summary(conductor: Conductor) -> Table:
    table = Table()
    table.add_column("must become")
    table.add_column("records", justify="right")
    for fate, count in conductor.fates.most_common():
        table.add_row(fate, f"{count:,}")
    return table
