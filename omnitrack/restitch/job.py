"""One restitching from beginning to end: wait for the stream, compare, hand over, wait again, look again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from clickhouse_driver import Client
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from omnitrack.broker_reader import BrokerReader
from omnitrack.drain import Drained, TopicsMissing, drain, drain_stages
from omnitrack.drain_status import drain_status
from omnitrack.publishing.interrupts import Interrupts
from omnitrack.restitch.letters import Letters
from omnitrack.restitch.report import Applied, Report, Tally
from omnitrack.restitch.run import Restitcher
from omnitrack.restitch.selection import Listed, Selection, count_customers
from omnitrack.restitch.sending import HistorySender
from omnitrack.settings import Endpoints
from schemas.catalogue import Catalogue
from schemas.topics import Topics
from sinks.clickhouse.client import connected
from streams.keys import PseudonymSettings, read_pseudonyms
from streams.now import now_ms


class CannotRestitch(Exception):
    """One line: why, and what to do."""


@dataclass(frozen=True, slots=True)
class Job:
    """`timeout` (seconds) bounds each wait for the stream; None does not wait. Progress is shown on `console`."""

    endpoints: Endpoints
    selection: Selection
    catalogue: Catalogue
    examples: int
    timeout: float | None
    console: Console

    def run(self, *, apply: bool) -> Report:
        """Raises CannotRestitch, `BrokerUnavailableError`, `ClickHouseError`, `NotSentError`, `PseudonymKeyError` or
        `CannotOpen`."""
        behind = None if self.timeout is None else self._behind(self.timeout)
        if behind is not None:
            raise CannotRestitch(f"{behind}; --no-wait compares what is stored so far")
        with ExitStack() as stack:
            client = stack.enter_context(connected(self.endpoints.clickhouse_settings))
            topics = Topics(self.endpoints.topic_prefix, self.catalogue.channels)
            sender = stack.enter_context(HistorySender(self.endpoints.kafka, topics.customer)) if apply else None
            tally = Tally(self.examples)
            with Interrupts() as interrupts:
                with self.console.status("reading dead letters"):
                    letters = self._letters(client, topics)
                restitcher = Restitcher(client, self.catalogue, letters, lambda: interrupts.requested)
                with _progress(self.console, count_customers(client, self.selection)) as show:
                    for done in restitcher.compare(self.selection, tally, sender):
                        show(done)
            interrupted = interrupts.requested
            applied = None if sender is None else self._applied(restitcher, sender, wait=not interrupted)
        return Report(
            customers=tally.customers,
            differing=tally.differing,
            letters=len(letters),
            letters_unreadable=letters.unreadable,
            letters_unsettled=letters.unsettled,
            tables=tally.tables,
            examples=tally.examples,
            interrupted=interrupted,
            applied=applied,
            unknown=tally.empty if isinstance(self.selection, Listed) else 0,
        )

    def _letters(self, client: Client, topics: Topics) -> Letters:
        pseudonyms = read_pseudonyms(PseudonymSettings())
        return Letters(client, topics, self.catalogue.horizon, now_ms(), pseudonyms)

    def _applied(self, restitcher: Restitcher, sender: HistorySender, *, wait: bool) -> Applied:
        began = time.monotonic()
        behind, differ = None, 0
        if restitcher.count_handed_over and (not wait or self.timeout is None):
            behind = "not waited for"
        elif restitcher.count_handed_over and self.timeout is not None:
            behind = self._behind(self.timeout)
            differ = 0 if behind else restitcher.still_differing()
        return Applied(
            customers=restitcher.count_handed_over,
            bytes_sent=sender.bytes_sent,
            seconds=time.monotonic() - began,
            behind=behind,
            checked=0 if behind else len(restitcher.handed_over),
            differ=differ,
        )

    def _behind(self, timeout: float) -> str | None:
        """Wait until all that was received is stored; what is not, after `timeout` seconds."""
        with BrokerReader(self.endpoints.kafka) as reader, drain_status(self.console) as show:
            stages = drain_stages(self.endpoints, reader.topics())
            if isinstance(stages, TopicsMissing):
                raise CannotRestitch(str(stages))
            outcome = drain(reader, stages, timeout, show)
        return None if isinstance(outcome, Drained) else f"after {timeout:g} s {outcome}"


@contextmanager
def _progress(console: Console, total: int) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("customers"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("customers", total=total)
        yield lambda done: progress.update(task, completed=done)
