"""`omnitrack audit`: whether every record that was received has exactly one fate."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from omnitrack.audit.account import Audit
from omnitrack.audit.run import NoSuchTopic, audit
from omnitrack.audit.table import render
from omnitrack.broker_reader import BrokerUnavailableError
from omnitrack.commands.formats import Format
from omnitrack.commands.options import ClickHouse, DataDir, Kafka
from omnitrack.commands.telling import FAILED, OTHERWISE, complain, complaining
from omnitrack.drain import TopicsMissing
from omnitrack.drain_status import drain_status
from omnitrack.settings import resolve_endpoints
from omnitrack.terminal import plain_console
from sinks.clickhouse.errors import ClickHouseError


def audit_command(
    topic: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this touchpoints topic, or channel; may be repeated.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TABLE,
    timeout: Annotated[
        float, typer.Option(min=0, help="Seconds to wait at most until all that was received is stored.")
    ] = 60.0,
    kafka: Kafka = None,
    clickhouse: ClickHouse = None,
    data_dir: DataDir = None,
) -> None:
    """Check, per topic and partition, that received = stored + dead + duplicate, offset by offset.

    Lists records without a fate, with more than one, and fates of records that never were. Offsets that hold no record
    (markers of transactions, compacted records) are read in Kafka, and left out. Of what Kafka keeps no more, whether
    a record is missing cannot be told: it is only counted.

    Exit code 0: it adds up; 1: it does not; 2: Kafka or ClickHouse could not be asked, or there is no such topic.
    """
    errors = plain_console(stderr=True)
    endpoints = resolve_endpoints(kafka, clickhouse, data_dir)
    with complaining("audit", BrokerUnavailableError, ClickHouseError), drain_status(errors) as show:
        outcome = audit(endpoints, topic or (), timeout, show)
    if isinstance(outcome, TopicsMissing | NoSuchTopic):
        complain("audit", outcome)
        raise typer.Exit(FAILED)
    _show(outcome, form)
    raise typer.Exit(0 if outcome.adds_up else OTHERWISE)


def _show(found: Audit, form: Format) -> None:
    if form is Format.JSON:
        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
        return
    console = plain_console()
    for part in render(found):
        console.print(part, soft_wrap=isinstance(part, str))
