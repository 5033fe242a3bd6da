"""`omnitrack drain`: wait until all that was published is stitched and stored."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from omnitrack.broker_reader import BrokerReader, BrokerUnavailableError
from omnitrack.commands.options import DataDir, Kafka
from omnitrack.commands.telling import complain
from omnitrack.drain import Drained, DrainOutcome, Stage, TopicsMissing, drain, drain_stages
from omnitrack.settings import Endpoints, resolve_endpoints

_ANSWER_SECONDS = 5.0


def drain_command(
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait at most.")] = 300.0,
    kafka: Kafka = None,
    data_dir: DataDir = None,
) -> None:
    """Wait until all that was published before this call is stitched and stored in ClickHouse.

    Exit code 1 if that is not so when the time-out has passed, or if Kafka does not answer.
    """
    errors = Console(stderr=True)
    endpoints = resolve_endpoints(kafka=kafka, data_dir=data_dir)
    try:
        outcome = _drain(endpoints, timeout, errors)
    except BrokerUnavailableError as error:
        complain("drain", error)
        raise typer.Exit(1) from error
    if not isinstance(outcome, Drained):
        prefix = "" if isinstance(outcome, TopicsMissing) else f"not drained after {timeout:g} s: "
        errors.print(f"{prefix}{outcome}", style="red", soft_wrap=True)
        raise typer.Exit(1)
    typer.echo(f"drained in {outcome.seconds:.1f} s")


def _drain(endpoints: Endpoints, timeout: float, console: Console) -> DrainOutcome:
    with BrokerReader(endpoints.kafka, _ANSWER_SECONDS) as reader, console.status("reading offsets") as status:
        stages = drain_stages(endpoints, reader.topics())
        if isinstance(stages, TopicsMissing):
            return stages

        def show(stage: Stage, records: int) -> None:
            status.update(f"{stage.name}: {records:,} records to go")

        return drain(reader, stages, timeout, show)
