"""Whether a dead letter can be replayed, and as what. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from omnitrack.dead.payload import touchpoint_in
from omnitrack.dead.repair import Repair, repaired
from schemas.decode import Decoder
from schemas.refusal import Refusal, parse_object
from schemas.rows import DeadLetter
from schemas.topics import Topics
from streams.avro import is_framed
from streams.pseudonym import Pseudonyms, identities_in
from streams.sealing import CannotOpen

HIDDEN = "•••"
"""Stands for an identity that only who holds the key may see."""
_ABSENT = "(absent)"
_UNREPLAYABLE = {
    "too_late": "its customer's state has left: omnitrack restitch takes it in",
}
_SAME_AGAIN = {"conflict": "it would contradict the stored touchpoint again: a repair has to change it"}


class FieldChange(msgspec.Struct, frozen=True):
    """A field before and after the repair."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Replay:
    """What becomes of a letter: `value` goes to `topic`; with a `refusal` nothing does.

    `changes` are what the repairs did, with pseudonyms for identities that are stored under them.
    """

    letter: DeadLetter
    topic: str
    value: bytes | None
    changes: tuple[FieldChange, ...] = ()
    note: str = ""
    refusal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges letters by the contract at `now` (UTC ms), after the `repairs` that fit them."""

    topics: Topics
    repairs: Sequence[Repair]
    pseudonyms: Pseudonyms | None
    now: int
    decoder: Decoder
    replayed: Collection[str] = ()

    def judge(self, letter: DeadLetter) -> Replay:
        """What becomes of the letter. One that was replayed is not replayed again."""
        if letter.topic not in self.topics.inputs:
            return _refused(letter, f"it came on {letter.topic}, which carries no touchpoints of channels")
        if letter.replayed_at is not None or letter.dead_letter_id in self.replayed:
            return _refused(letter, "it was replayed already")
        if letter.dropped_at is not None:
            return _refused(letter, "it was dropped: what it held is gone")
        if letter.reason in _UNREPLAYABLE:
            return _refused(letter, _UNREPLAYABLE[letter.reason])
        try:
            received = touchpoint_in(letter, self.pseudonyms)
        except CannotOpen as error:
            return _refused(letter, str(error))
        if is_framed(received):
            return Replay(letter, letter.topic, received, note="Avro, as it was received: ingest opens it anew")
        message = parse_object(received)
        if isinstance(message, Refusal):
            return _refused(letter, *message.errors, "it has no fields to repair: omnitrack dead drop gives it up")
        return self._mended(letter, received, message)

    def _mended(self, letter: DeadLetter, received: bytes, before: Mapping[str, Any]) -> Replay:
        channel = self.topics.channel_of(letter.topic)
        repairs = [repair for repair in self.repairs if repair.fits(letter.reason, channel)]
        after = repaired(before, repairs)
        changes = tuple(self._changes(before, after))
        own = after.get("channel")
        target = own if isinstance(own, str) and own in self.topics.channels else channel
        value = msgspec.json.encode(after) if changes else received
        verdict = self.decoder.decode(value, target, self.now)
        topic = self.topics.touchpoints(target)
        if isinstance(verdict, Refusal):
            return Replay(letter, topic, None, changes, refusal=verdict.errors)
        if not changes and letter.reason in _SAME_AGAIN:
            return _refused(letter, _SAME_AGAIN[letter.reason])
        note = "; ".join(repair.said for repair in repairs) if changes else "as it was received"
        return Replay(letter, topic, value, changes, note)

    def _changes(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldChange]:
        old, new = _flat(self._shown(before, after)), _flat(self._shown(after, before))
        return [
            FieldChange(field, old.get(field, _ABSENT), new.get(field, _ABSENT))
            for field in sorted({**old, **new})
            if _text(old.get(field)) != _text(new.get(field)) or (field in old) != (field in new)
        ]

    def _shown(self, message: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
        """The message; where there is a key, without what either of the two has as an identity."""
        if self.pseudonyms is None:
            return message
        secrets = {*map(str, {**identities_in(message), **identities_in(other)}.values()), message.get("session_id")}
        fields = self.pseudonyms.masked(message)
        return {name: HIDDEN if str(value) in secrets else value for name, value in fields.items()}


def _refused(letter: DeadLetter, *why: str) -> Replay:
    return Replay(letter, letter.topic, None, refusal=why)


def _flat(message: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in message.items():
        if isinstance(value, dict) and value:
            fields |= _flat(value, f"{path}{name}.")
        else:
            fields[f"{path}{name}"] = value
    return fields


def _text(value: Any) -> bytes:
    """1, 1.0 and true are equal, and not the same."""
    return msgspec.json.encode(value)
