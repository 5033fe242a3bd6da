"""Where an operator works on dead letters: the ClickHouse that has them, the Kafka that they go back to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from clickhouse_driver import Client

from omnitrack.commands.times import parse_time
from omnitrack.dead import table
from omnitrack.dead.handling import Operator
from omnitrack.dead.payload import is_hidden, payload_of, unsealed
from omnitrack.dead.reading import Filter, read_letters, topics_of
from omnitrack.sending import RecordSender
from omnitrack.settings import Endpoints, resolve_endpoints
from schemas.batched import batched
from schemas.catalogue import load_catalogue
from schemas.cloudevents import touchpoint_within
from schemas.refusal import Refusal, parse_object
from schemas.rows import DeadLetter, DeadReason
from schemas.topics import Topics
from sinks.clickhouse.client import connected
from streams.pseudonym import Pseudonyms

REASONS: tuple[str, ...] = get_args(DeadReason)
_AT_ONCE = 1_000


class CannotHandle(Exception):
    """One line: why, and what to do."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the letters are."""

    client: Client
    endpoints: Endpoints
    topics: Topics

    def filter(
        self,
        ids: Sequence[str] | None,
        reasons: list[str] | None,
        channels: list[str] | None,
        since: str | None,
        until: str | None,
        *,
        with_handled: bool,
    ) -> Filter:
        """Which letters the options mean; an option that is left out leaves out nothing.

        Times are as the user writes them; raises `ValueError` for one that is none, and for a reason that is none.
        """
        for reason in reasons or ():
            if reason not in REASONS:
                raise ValueError(f"--reason: no dead letter has {reason}: there are {', '.join(REASONS)}")
        return Filter(
            ids or (),
            reasons or (),
            topics_of(channels or (), self.topics),
            None if since is None else parse_time(since, "--since"),
            None if until is None else parse_time(until, "--until"),
            with_handled,
        )

    def letters(self, chosen: Filter) -> Iterator[list[DeadLetter]]:
        """The letters of a filter, so many at once; raises `CannotHandle` if one that it names is not there."""
        if chosen.ids:
            named = Filter(ids=chosen.ids, with_handled=True)
            there = {letter.dead_letter_id for letter in read_letters(self.client, *named.condition)}
            missing = sorted({*chosen.ids} - there)
            if missing:
                raise CannotHandle(f"there is no dead letter {missing[0]}: omnitrack dead list shows them")
        yield from batched(read_letters(self.client, *chosen.condition), _AT_ONCE)

    @contextmanager
    def operator(self, who: str) -> Iterator[Operator]:
        """Replays and drops letters in the name of `who`; connected to Kafka as long as the context lasts."""
        with RecordSender(self.endpoints.kafka) as sender:
            yield Operator(self.client, sender, self.topics, who)


@contextmanager
def open_desk(
    kafka: str | None, clickhouse: str | None, data_dir: Path | None, catalogue: Path | None
) -> Iterator[Desk]:
    """What the commands on dead letters need; connected to ClickHouse as long as the context lasts.

    Raises `ClickHouseError`, and `CatalogueError` for a catalogue that does not hold.
    """
    endpoints = resolve_endpoints(kafka, clickhouse, data_dir)
    channels = load_catalogue(endpoints.catalogue(catalogue)).channels
    with connected(endpoints.clickhouse_settings) as client:
        yield Desk(client, endpoints, Topics(endpoints.topic_prefix, channels))


def show_payload(letter: DeadLetter, pseudonyms: Pseudonyms | None, *, clear: bool) -> str:
    """What was received, as text; of what is sealed as much as may be seen. Raises `CannotHandle` and `CannotOpen`."""
    if is_hidden(letter) and pseudonyms is None:
        if clear:
            raise CannotHandle("it is sealed: set OMNITRACK_PSEUDONYM_KEY_FILE to the deployment's key")
        return table.shown_payload(letter, None, None)
    received = unsealed(payload_of(letter), pseudonyms)
    if pseudonyms is None or clear or not is_hidden(letter):
        whole = parse_object(received)
        return table.shown_payload(letter, received, None if isinstance(whole, Refusal) else whole)
    message = parse_object(touchpoint_within(received))
    if isinstance(message, Refusal):
        return f"({len(received):,} bytes that are no JSON object: --clear shows them)"
    return table.shown_payload(letter, None, pseudonyms.masked(message))
