"""`omnitrack pseudonyms`: what a new pseudonymisation key needs to know of the old one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from clickhouse_driver import Client

from omnitrack.broker_reader import BrokerReader, BrokerUnavailableError
from omnitrack.commands.options import ClickHouse, DataDir, Kafka
from omnitrack.commands.telling import complaining
from omnitrack.drain import StillBehind, TopicsMissing, drain, drain_stages
from omnitrack.privacy.under_way import read_under_way
from omnitrack.settings import Endpoints, resolve_endpoints
from sinks.clickhouse.client import connected
from sinks.clickhouse.errors import ClickHouseError
from streams.keys import PseudonymKeyError, PseudonymSettings, read_pseudonyms
from streams.pseudonym import Pseudonyms
from streams.roster import write_roster

_PSEUDONYM = re.compile(r"[0-9a-f]{32}")
_PSEUDONYMS = Path(__file__).parents[1] / "privacy" / "pseudonyms.sql"

pseudonyms_app = typer.Typer(help="The pseudonymisation key, and how it is replaced.", no_args_is_help=True)


class CannotWriteRoster(Exception):
    """One line: why, and what to do."""


@pseudonyms_app.callback()
def _pseudonyms() -> None:
    """The pseudonymisation key, and how it is replaced."""


@pseudonyms_app.command("roster")
def roster_command(
    file: Annotated[Path, typer.Argument(help="The roster to write; workers read it as OMNITRACK_PSEUDONYM_ROSTER.")],
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait at most until all is stored.")] = 60.0,
    kafka: Kafka = None,
    clickhouse: ClickHouse = None,
    data_dir: DataDir = None,
) -> None:
    """Write down whose pseudonyms stay when the key is replaced: all that stored touchpoints bear.

    Run it with the present key set, after the stream workers were stopped, and with the sink running. Then start the
    workers with the new key as OMNITRACK_PSEUDONYM_KEY_FILE, the present one as OMNITRACK_PSEUDONYM_OLD_KEY_FILE, and
    the roster.

    Exit code 2: workers are running, something is not stored yet, or pseudonyms of a still older key are in use.
    """
    with complaining(
        "pseudonyms", BrokerUnavailableError, ClickHouseError, CannotWriteRoster, PseudonymKeyError, OSError
    ):
        pseudonyms = _present_key()
        endpoints = resolve_endpoints(kafka, clickhouse, data_dir)
        under_way = _read_at_rest(endpoints, timeout)
        with connected(endpoints.clickhouse_settings) as client:
            count = write_roster(file, _entries(client, under_way, pseudonyms))
    typer.echo(f"{file}: {count:,} pseudonyms stay; everybody else gets one of the new key")


def _present_key() -> Pseudonyms:
    pseudonyms = read_pseudonyms(PseudonymSettings())
    if pseudonyms is None:
        raise CannotWriteRoster("there is no key to replace: set the present one, OMNITRACK_PSEUDONYM_KEY_FILE")
    return pseudonyms


def _read_at_rest(endpoints: Endpoints, timeout: float) -> set[str]:
    """What is under way while no worker runs: whoever came between the roster and the new key would be two people."""
    with BrokerReader(endpoints.kafka) as reader:
        stages = drain_stages(endpoints, reader.topics())
        if isinstance(stages, TopicsMissing):
            raise CannotWriteRoster(str(stages))
        members = reader.assigned_members(endpoints.streams_group)
        if members:
            raise CannotWriteRoster(f"{members} stream workers are running: stop them first")
        outcome = drain(reader, [stages[-1]], timeout, lambda stage, records: None)
        if isinstance(outcome, StillBehind):
            raise CannotWriteRoster(f"after {timeout:g} s {outcome}: the sink has to run")
        return read_under_way(endpoints, reader)


def _entries(client: Client, under_way: set[str], pseudonyms: Pseudonyms) -> Iterator[bytes]:
    stored = (pseudonym for (pseudonym,) in client.execute_iter(_PSEUDONYMS.read_text()))
    sent = sorted(filter(_PSEUDONYM.fullmatch, under_way))
    for pseudonym, _ in groupby(merge(stored, sent)):
        if pseudonyms.old is not None and pseudonym in pseudonyms.old.roster:
            raise CannotWriteRoster(
                "pseudonyms of the key before the present one are stored still: a key can be replaced again once"
                " retention has taken them, or those customers were erased"
            )
        yield bytes.fromhex(pseudonym)
