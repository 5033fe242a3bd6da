"""Dead letters, and what becomes of them, for a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
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


def summarise(replays: Sequence[Replay], examples: int) -> Iterator[str]:
    """Counts, and so many examples each of what would be sent and of what would not."""
    sent = [one for one in replays if one.value is not None]
    kept = [one for one in replays if one.value is None]
    yield f"{len(replays):,} dead letters: {len(sent):,} can be replayed, {len(kept):,} cannot"
    for one in sent[:examples]:
        yield f"{one.letter.dead_letter_id} ({one.letter.reason}) → {one.topic}: valid, {one.note}"
        yield from _changed(one)
    for one in kept[:examples]:
        yield f"{one.letter.dead_letter_id} ({one.letter.reason}): stays dead"
        yield from _changed(one)
        yield from (f"  {line}" for line in one.refusal)


def as_json(replays: Iterable[Replay]) -> list[dict[str, Any]]:
    """What becomes of each letter."""
    return [
        {
            "dead_letter_id": one.letter.dead_letter_id,
            "reason": one.letter.reason,
            "topic": one.topic,
            "valid": one.value is not None,
            "note": one.note,
            "changes": [msgspec.to_builtins(change) for change in one.changes],
            "errors": list(one.refusal),
        }
        for one in replays
    ]


def _changed(one: Replay) -> Iterator[str]:
    for change in one.changes:
        yield f"  {change.field}: {_value(change.before)} → {_value(change.after)}"


def _value(value: Any) -> str:
    return str(value) if value in (HIDDEN, "(absent)") else json.dumps(value, ensure_ascii=False)
