"""`omnitrack drain`: wait until all that was published is stitched and stored."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from omnitrack.broker_reader import BrokerReader, BrokerUnavailableError
from omnitrack.commands.options import DataDir, Kafka
from omnitrack.commands.telling import FAILED, OTHERWISE, complain, complaining
from omnitrack.drain import Drained, DrainOutcome, TopicsMissing, drain, drain_stages
from omnitrack.drain_status import drain_status
from omnitrack.settings import Endpoints, resolve_endpoints
from omnitrack.terminal import plain_console

_ANSWER_SECONDS = 15.0
"""Who waits for all of it to be stored waits for a broker, too, that has much else to do."""


def drain_command(
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait at most.")] = 300.0,
    kafka: Kafka = None,
    data_dir: DataDir = None,
) -> None:
    """Wait until all that was published before this call is stitched and stored in ClickHouse.

    Exit code 1: that is not so when the time-out has passed; 2: Kafka does not answer, or has not the topics.
    """
    errors = plain_console(stderr=True)
    endpoints = resolve_endpoints(kafka=kafka, data_dir=data_dir)
    with complaining("drain", BrokerUnavailableError):
        outcome = _drain(endpoints, timeout, errors)
    if isinstance(outcome, TopicsMissing):
        complain("drain", outcome)
        raise typer.Exit(FAILED)
    if not isinstance(outcome, Drained):
        complain("drain", f"not drained after {timeout:g} s: {outcome}")
        raise typer.Exit(OTHERWISE)
    typer.echo(f"drained in {outcome.seconds:.1f} s")


def _drain(endpoints: Endpoints, timeout: float, console: Console) -> DrainOutcome:
    with BrokerReader(endpoints.kafka, _ANSWER_SECONDS) as reader, drain_status(console) as show:
        stages = drain_stages(endpoints, reader.topics())
        return stages if isinstance(stages, TopicsMissing) else drain(reader, stages, timeout, show)
