"""`omnitrack publish`: the touchpoints of files into Kafka, with an account of every line."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from omnitrack.commands.options import Catalogue, DataDir, Kafka
from omnitrack.commands.telling import FAILED, INTERRUPTED, OTHERWISE, complain, complaining
from omnitrack.publishing.interrupts import Interrupts
from omnitrack.publishing.run import DryRun, PublishRun, Target
from omnitrack.publishing.summary import print_summary
from omnitrack.settings import resolve_endpoints
from omnitrack.terminal import plain_console, say
from schemas.catalogue import CatalogueError, load_catalogue
from schemas.cloudevents import EventForm
from schemas.topics import Topics
from sources.importers.formats import Format
from sources.importers.inputs import InputError, check_paths
from sources.publisher import DeliveryError, Publisher
from sources.settings import PublisherSettings
from streams.keys import PseudonymKeyError, PseudonymSettings, read_pseudonyms


def publish_command(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Files, plain or gzip; - is standard input.")],
    form: Annotated[
        Format, typer.Option("--format", help="What the files hold; touchpoints: JSON lines, or one JSON document.")
    ] = Format.TOUCHPOINTS,
    kafka: Kafka = None,
    data_dir: DataDir = None,
    catalogue: Catalogue = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every line, send nothing.")] = False,
    rate: Annotated[float | None, typer.Option(min=0.001, help="At most so many touchpoints a second.")] = None,
    cloudevents: Annotated[
        EventForm | None, typer.Option(help="Send each touchpoint as the data of a CloudEvent, in this content mode.")
    ] = None,
    refused: Annotated[Path | None, typer.Option(help="Write the refused lines to this file.")] = None,
) -> None:
    """Publish touchpoints from files: each is checked first, and every line is accounted for.

    A bad line never stops a file. Ctrl-C ends after delivering what was sent, and tells how much that is.

    Exit code 0: every line was used, or is no touchpoint in its format; 1: some lines were refused; 2: a file, the
    catalogue or Kafka could not be used; 130: interrupted.
    """
    with ExitStack() as stack:
        with complaining("publish", CatalogueError, DeliveryError, InputError, OSError, PseudonymKeyError):
            check_paths(files)
            run = PublishRun(
                format=form,
                refused_lines=stack.enter_context(refused.open("wb")) if refused is not None else None,
                agent_key=_agent_key(),
                target=_target(kafka, data_dir, catalogue, dry_run, cloudevents),
                interrupts=stack.enter_context(Interrupts()),
                console=plain_console(stderr=True),
                rate=rate,
            )
        began = time.monotonic()
        try:
            failure = _publish(run, files)
        except KeyboardInterrupt:
            complain("publish", "interrupted again: what was under way may or may not have been delivered")
            # The driver would otherwise wait at exit for what nobody waits for any more.
            os._exit(INTERRUPTED)
    _report(run, dry_run, time.monotonic() - began)
    if failure is not None:
        complain("publish", failure)
        raise typer.Exit(FAILED) from failure
    raise typer.Exit(_exit_code(run))


def _agent_key() -> bytes | None:
    pseudonyms = read_pseudonyms(PseudonymSettings())
    return None if pseudonyms is None else pseudonyms.key


def _target(
    kafka: str | None, data_dir: Path | None, catalogue: Path | None, dry_run: bool, events: EventForm | None
) -> Target:
    endpoints = resolve_endpoints(kafka=kafka, data_dir=data_dir)
    channels = load_catalogue(endpoints.catalogue(catalogue)).channels
    if dry_run:
        return DryRun(Topics(endpoints.topic_prefix, channels), events)
    return Publisher(PublisherSettings(kafka=endpoints.kafka, topic_prefix=endpoints.topic_prefix), channels, events)


def _publish(run: PublishRun, files: list[str]) -> Exception | None:
    """What stopped it, if anything did; all that was sent before is delivered, or is what the failure tells of."""
    failure: Exception | None = None
    try:
        for file in files:
            run.publish(file)
    except (InputError, DeliveryError, OSError) as error:
        failure = error
    try:
        run.target.close()
    except DeliveryError as error:
        failure = error
    return failure


def _report(run: PublishRun, dry_run: bool, seconds: float) -> None:
    output = plain_console()
    print_summary(output, run.tally)
    count = run.tally.accepted if dry_run else run.target.delivered
    what = "touchpoints that would be published" if dry_run else "touchpoints published, each acknowledged by Kafka"
    interrupted = "interrupted; " if run.interrupts.requested else ""
    say(output, f"{interrupted}{what}: {count:,} in {seconds:.1f} s ({count / max(seconds, 0.001):,.0f}/s)")


def _exit_code(run: PublishRun) -> int:
    if run.interrupts.requested:
        return INTERRUPTED
    return OTHERWISE if run.tally.refused else 0
