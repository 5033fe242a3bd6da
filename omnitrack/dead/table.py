"""Dead letters, and what becomes of them, for a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from omnitrack.dead.payload import payload_of
from omnitrack.dead.replay import HIDDEN, Replay
from schemas.rows import DeadLetter

COLUMNS = ("dead_letter_id", "received_at", "reason", "errors", "replayed_at", "dropped_at")
Action = tuple[str, int, str, str, str]


def row_of(letter: DeadLetter) -> tuple[object, ...]:
    """The values of `COLUMNS`."""
    handled = (letter.replayed_at, letter.dropped_at)
    return (
        letter.dead_letter_id,
        time_of(letter.received_at),
        letter.reason,
        list(letter.errors),
        *(None if at is None else time_of(at) for at in handled),
    )


def time_of(at: int) -> str:
    """RFC 3339 of UTC ms."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")


def shown_payload(letter: DeadLetter, received: bytes | None, masked: dict[str, Any] | None) -> str:
    """What the record held: its JSON with `masked` identities, or what was received, as text."""
    if letter.dropped_at is not None:
        return "(dropped)"
    if masked is not None:
        return json.dumps(masked, indent=2, ensure_ascii=False)
    if received is None:
        return f"(sealed: {len(payload_of(letter)):,} bytes; the key shows it)"
    return received.decode(errors="backslashreplace")


def describe(letter: DeadLetter, payload: str, actions: Sequence[Action]) -> Iterator[str]:
    """Lines that tell all of one letter."""
    yield f"{letter.dead_letter_id}, received {time_of(letter.received_at)}: {letter.reason}"
    yield from (f"  {error}" for error in letter.errors)
    for action, at, who, topic, note in actions:
        yield f"{action} {time_of(at)} by {who}" + (f" to {topic}" if topic else "") + f": {note}"
    yield ""
    yield payload


@dataclass(slots=True)
class Tally:
    """Adds up what becomes of letters; of those that can be replayed, and of the others, it keeps the first few."""

    most_examples: int
    sendable: int = 0
    unsendable: int = 0
    sent: list[Replay] = field(default_factory=list)
    kept: list[Replay] = field(default_factory=list)

    def add(self, replays: Iterable[Replay]) -> None:
        """Count what would become of each letter, and keep the first as examples."""
        for one in replays:
            can_be = one.value is not None
            self.sendable += can_be
            self.unsendable += not can_be
            examples = self.sent if can_be else self.kept
            if len(examples) < self.most_examples:
                examples.append(one)

    def lines(self) -> Iterator[str]:
        """Counts, and the examples."""
        letters = self.sendable + self.unsendable
        yield f"{letters:,} dead letters: {self.sendable:,} can be replayed, {self.unsendable:,} cannot"
        for one in self.sent:
            yield f"{one.letter.dead_letter_id} ({one.letter.reason}) → {one.topic}: valid, {one.note}"
            yield from _changed(one)
        for one in self.kept:
            yield f"{one.letter.dead_letter_id} ({one.letter.reason}): stays dead"
            yield from _changed(one)
            yield from (f"  {line}" for line in one.refusal)


def as_json(one: Replay) -> str:
    """What becomes of a letter."""
    return msgspec.json.encode(
        {
            "dead_letter_id": one.letter.dead_letter_id,
            "reason": one.letter.reason,
            "topic": one.topic,
            "valid": one.value is not None,
            "note": one.note,
            "changes": one.changes,
            "errors": one.refusal,
        }
    ).decode()


def _changed(one: Replay) -> Iterator[str]:
    for change in one.changes:
        yield f"  {change.field}: {_value(change.before)} → {_value(change.after)}"


def _value(value: Any) -> str:
    return str(value) if value in (HIDDEN, "(absent)") else json.dumps(value, ensure_ascii=False)
