"""Reads files and publishes what is in them, one touchpoint after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

import msgspec
from rich.console import Console

from omnitrack.publishing.interrupts import Interrupts
from omnitrack.publishing.pace import Pace
from omnitrack.publishing.progress import metered
from omnitrack.publishing.tally import Tally
from schemas.cloudevents import EventForm
from schemas.refusal import Refusal
from schemas.topics import Topics
from sources.admission import Accepted, Admission
from sources.importers.formats import Format, importer
from sources.importers.inputs import Input, open_input
from sources.importers.outcomes import Imported, Outcome, Refused
from streams.now import now_ms


class Target(Protocol):
    """Takes touchpoints: the publisher, or a dry run that only judges them."""

    @property
    def delivered(self) -> int:
        """How many touchpoints are durable."""

    def send(self, touchpoint: Mapping[str, Any] | bytes) -> Accepted | Refusal:
        """Judge one touchpoint and, if it holds, send it."""

    def close(self) -> None:
        """Wait until all that was accepted is durable."""


class DryRun:
    """Judges as the publisher would, and sends nothing."""

    delivered = 0

    def __init__(self, topics: Topics, events: EventForm | None = None) -> None:
        self._admission = Admission(topics, events)

    def send(self, touchpoint: Mapping[str, Any] | bytes) -> Accepted | Refusal:
        """Judge one touchpoint; nothing is sent."""
        return self._admission.judge(touchpoint, now_ms())

    def close(self) -> None:
        """Nothing is under way."""


@dataclass(slots=True)
class PublishRun:
    """One run over files of one format; `tally` grows as it goes, `refused_lines` gets what is refused, line by line.

    A signal that `interrupts` catches ends it after the touchpoint at hand.
    """

    format: Format
    target: Target
    interrupts: Interrupts
    console: Console
    agent_key: bytes | None = None
    rate: float | None = None
    refused_lines: BinaryIO | None = None
    tally: Tally = field(default_factory=Tally)

    def publish(self, path: str) -> None:
        """Publish one file, `-` is standard input. Raises InputError, and DeliveryError from the publisher."""
        if self.interrupts.requested:
            return
        with open_input(path) as source:
            lines = self.interrupts.stopping(source.lines)
            outcomes = importer(self.format, self.agent_key)(lines, source.name)
            if self.format.is_sorted:
                self._publish_sorted(list(outcomes), source.name)
            else:
                self._publish_streaming(outcomes, source)

    def _publish_sorted(self, outcomes: list[Outcome], name: str) -> None:
        total = sum(isinstance(outcome, Imported) for outcome in outcomes)
        with metered(self.console, name, total) as meter:
            for sent in self._sent(iter(outcomes)):
                meter.show(sent, sent)

    def _publish_streaming(self, outcomes: Iterator[Outcome], source: Input) -> None:
        with metered(self.console, source.name, source.size) as meter:
            for sent in self._sent(outcomes):
                meter.show(source.position() if source.size is not None else sent, sent)

    def _sent(self, outcomes: Iterator[Outcome]) -> Iterator[int]:
        """Publishes; yields after each touchpoint how many there were."""
        pace = Pace(self.rate, self.interrupts.sleep)
        sent = 0
        for outcome in outcomes:
            if isinstance(outcome, Imported):
                pace.step()
                self._send(outcome)
                sent += 1
                yield sent
                if self.interrupts.requested:
                    return
            else:
                self.tally.judge(outcome)
                if isinstance(outcome, Refused):
                    self._keep_refused(outcome.content)

    def _send(self, imported: Imported) -> None:
        judged = self.target.send(imported.payload)
        if isinstance(judged, Accepted):
            self.tally.accept()
        else:
            self.tally.refuse(imported.place, judged)
            self._keep_refused(imported.payload)

    def _keep_refused(self, content: Mapping[str, Any] | bytes) -> None:
        if self.refused_lines is not None:
            payload = content if isinstance(content, bytes) else msgspec.json.encode(content)
            # A touchpoint that a document spreads over lines is one line here: between JSON's tokens blanks are equal.
            self.refused_lines.write(payload.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n")
