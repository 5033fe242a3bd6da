"""`omnitrack erase`: one customer forgotten, everywhere."""

from __future__ import annotations

import getpass
import sys
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from omnitrack.broker_reader import BrokerReader, BrokerUnavailableError
from omnitrack.commands.options import Catalogue, ClickHouse, DataDir, Kafka
from omnitrack.commands.telling import INTERRUPTED, OTHERWISE, complain, complaining
from omnitrack.dead.table import time_of
from omnitrack.erasure.receipt import Receipt, keep
from omnitrack.erasure.run import Eraser, NotErased
from omnitrack.erasure.subject import Subject, subject_of
from omnitrack.sending import NotSentError, RecordSender
from omnitrack.settings import Endpoints, resolve_endpoints
from omnitrack.terminal import plain_console
from schemas.catalogue import CatalogueError, load_catalogue
from schemas.topics import Topics
from sinks.clickhouse.client import connected
from sinks.clickhouse.errors import ClickHouseError
from streams.keys import PseudonymKeyError, PseudonymSettings, read_pseudonyms
from streams.pseudonym import Pseudonyms
from streams.sealing import CannotOpen

_UNFIT = (
    BrokerUnavailableError,
    CannotOpen,
    CatalogueError,
    ClickHouseError,
    NotErased,
    NotSentError,
    OSError,
    PseudonymKeyError,
    ValueError,
)


def erase_command(
    customer: Annotated[str, typer.Argument(help="The customer number; - reads it from standard input.")],
    is_id: Annotated[
        bool, typer.Option("--id", help="It is a customer_id, as it is stored: a pseudonym, or anon:kind:value.")
    ] = False,
    receipt: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the receipt goes; else erasure-<digest>.json.")
    ] = None,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Who asks; else the account's name.")] = None,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait at most for the stream, each time.")] = 300.0,
    catalogue: Catalogue = None,
    kafka: Kafka = None,
    clickhouse: ClickHouse = None,
    data_dir: DataDir = None,
) -> None:
    """Forget a customer: rows in all tables, state, links, dead letters; what comes later is refused as `erased`.

    Waits until it is done, and writes a receipt: what was removed, and when the rest leaves the topics that cannot be
    rewritten. Workers and sink have to run. Interrupted or not, running it again completes it, and does no harm.

    Exit code 0: nothing is left but what the receipt says; 1: rows are left; 2: it could not be done; 130: interrupted.
    """
    try:
        with complaining("erase", *_UNFIT):
            pseudonyms = read_pseudonyms(PseudonymSettings())
            subject = _subject(customer, pseudonyms, is_id=is_id)
            endpoints = resolve_endpoints(kafka, clickhouse, data_dir)
            topics = Topics(endpoints.topic_prefix, load_catalogue(endpoints.catalogue(catalogue)).channels)
            done, file = _erase(subject, pseudonyms, endpoints, topics, by or getpass.getuser(), timeout, receipt)
    except KeyboardInterrupt as error:
        complain("erase", "interrupted: run it again to complete it")
        raise typer.Exit(INTERRUPTED) from error
    _show(done, file)
    raise typer.Exit(0 if done.is_done else OTHERWISE)


def _erase(
    subject: Subject,
    pseudonyms: Pseudonyms | None,
    endpoints: Endpoints,
    topics: Topics,
    by: str,
    timeout: float,
    receipt: Path | None,
) -> tuple[Receipt, Path]:
    """The receipt, and the file that it is in."""
    store = endpoints.clickhouse_settings
    with (
        connected(store) as client,
        BrokerReader(endpoints.kafka) as reader,
        RecordSender(endpoints.kafka) as sender,
        plain_console(stderr=True).status("looking") as status,
    ):
        eraser = Eraser(endpoints, topics, client, store.storage, reader, sender, pseudonyms, timeout, status.update)
        done = eraser.erase(subject, by)
        file = receipt or Path(f"erasure-{done.customer_digest[:12]}.json")
        keep(done, client, file)
    return done, file


def _subject(customer: str, pseudonyms: Pseudonyms | None, *, is_id: bool) -> Subject:
    given = (sys.stdin.readline() if customer == "-" else customer).strip()
    if not given:
        raise ValueError("there is no customer: give the number, or - and the number on standard input")
    return Subject(given, None) if is_id else subject_of(given, pseudonyms)


def _show(receipt: Receipt, file: Path) -> None:
    rows = ", ".join(f"{count:,} of {table}" for table, count in receipt.removed.items() if count) or "none were left"
    typer.echo(f"rows removed: {rows}")
    typer.echo(f"input records whose fate is now `erased`: {receipt.records:,}")
    if not receipt.found_anything:
        typer.echo("nothing of this customer was found: if it was not erased before, look whether the number is right")
    for table, count in receipt.left.items():
        if count:
            typer.echo(f"left: {count:,} rows of {table}: run it again")
    for partition, count in receipt.unreadable.items():
        typer.echo(
            f"not known: whether {count:,} damaged values of {partition}, which nobody can read, hold something of the"
            " customer: see “A state at fault” in docs/operations.md"
        )
    for (until, why), topics in groupby(receipt.topics, lambda topic: (topic.until, topic.why)):
        when = "at a time that is not known" if until is None else f"by {time_of(until)}"
        names = ", ".join(topic.topic for topic in topics)
        typer.echo(f"what topics hold of it leaves {when} ({why}): {names}")
    typer.echo(f"receipt: {file}")
