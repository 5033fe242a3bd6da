"""`omnitrack copy`: the touchpoints of another deployment, as they were sent."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Annotated

import typer
from kafka.errors import KafkaError

from omnitrack.broker_reader import BrokerReader, BrokerUnavailableError
from omnitrack.commands.options import DataDir, Kafka
from omnitrack.commands.telling import INTERRUPTED, OTHERWISE, complain, complaining
from omnitrack.copying.ordered import OrderedReader
from omnitrack.copying.plan import CannotCopy, Deployment, Span, lost, spans, topics_to_copy
from omnitrack.copying.run import CopyRun
from omnitrack.offsets import Offsets, Partition
from omnitrack.publishing.interrupts import Interrupts
from omnitrack.publishing.progress import metered
from omnitrack.sending import NotSentError, RecordSender
from omnitrack.settings import Endpoints, check_endpoints, resolve_endpoints
from omnitrack.terminal import plain_console, say

_ANSWER_SECONDS = 5.0


def copy_command(
    from_prefix: Annotated[
        str | None,
        typer.Option(metavar="PREFIX", help="The topics' prefix of the deployment to copy from; else our own."),
    ] = None,
    from_kafka: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="The Kafka to copy from; else the one to copy into.")
    ] = None,
    channel: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only the touchpoints of this channel; may be repeated.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="From the oldest record kept, not from where the last copy ended.")
    ] = False,
    kafka: Kafka = None,
    data_dir: DataDir = None,
) -> None:
    """Copy the touchpoints that another deployment received into this one: for more partitions, or another Kafka.

    Each record keeps its key, value, headers and timestamp (Kafka gives it the time of the copy where the topic says
    so, as those that omnitrack makes do), and goes to the partition of its key, in the order of receipt. It gets one
    header more, omnitrack-copied-from, so that copying back leaves out what came from there.

    It ends with what was there when it began. Running it again goes on where the last run ended, also after Ctrl-C or
    a crash; what is copied twice by that is a duplicate and changes no row. How far it is, the Kafka to copy from
    keeps as the offsets of the group PREFIX-copy; OMNITRACK_KAFKA_… tell the account on both.

    Exit code 0: all is copied; 1: all that Kafka still has, but retention took records since the last run; 2: a
    mistake, or Kafka could not be used; 130: interrupted.
    """
    into = resolve_endpoints(kafka=kafka, data_dir=data_dir)
    prefix = into.topic_prefix if from_prefix is None else from_prefix
    origin = check_endpoints(from_kafka or into.kafka, into.clickhouse, into.data_dir, prefix)
    try:
        with complaining("copy", BrokerUnavailableError, CannotCopy, NotSentError, KafkaError):
            source, target = _look_at(origin), _look_at(into)
            topics = topics_to_copy(source, target, channel or ())
            planned = _plan(origin, into.group("copy"), topics, again=again)
            with ExitStack() as stack:
                reader = stack.enter_context(OrderedReader(source.kafka, into.group("copy"), planned))
                sender = stack.enter_context(RecordSender(target.kafka))
                finished = _run(CopyRun(reader, sender, source, target, topics), planned)
    except KeyboardInterrupt as error:
        complain("copy", "interrupted again: what was under way may or may not be there; run it again to go on")
        raise typer.Exit(INTERRUPTED) from error
    if not finished:
        raise typer.Exit(INTERRUPTED)
    for line in lost(planned):
        complain("copy", line)
    raise typer.Exit(OTHERWISE if lost(planned) else 0)


def _look_at(endpoints: Endpoints) -> Deployment:
    with BrokerReader(endpoints.kafka, _ANSWER_SECONDS) as reader:
        return Deployment(endpoints.kafka, reader.cluster_id(), endpoints.topic_prefix, reader.topics())


def _plan(origin: Endpoints, group: str, topics: dict[str, str], *, again: bool) -> dict[Partition, Span]:
    with BrokerReader(origin.kafka, _ANSWER_SECONDS) as reader:
        copied: Offsets = {} if again else reader.committed(group)
        return spans(reader.begin_offsets(topics), reader.end_offsets(topics), copied)


def _run(run: CopyRun, planned: dict[Partition, Span]) -> bool:
    """Whether it came to its end; says what it did."""
    began = time.monotonic()
    total = sum(map(len, planned.values()))
    with Interrupts() as interrupts, metered(plain_console(stderr=True), f"{run.source}", total) as meter:

        def go_on(read: int) -> bool:
            meter.show(read, read)
            return not interrupts.requested

        run.copy(go_on)
    say(plain_console(), _told(run, time.monotonic() - began, interrupted=interrupts.requested))
    return not interrupts.requested


def _told(run: CopyRun, seconds: float, *, interrupted: bool) -> str:
    told = (
        f"touchpoints copied from {run.source} to {run.target}, each acknowledged by Kafka: {run.copied:,}"
        f" in {seconds:.1f} s ({run.copied / max(seconds, 0.001):,.0f}/s)"
    )
    if run.native:
        told += f"; left out, for they came from there: {run.native:,}"
    return f"interrupted, run it again to go on; {told}" if interrupted else told
