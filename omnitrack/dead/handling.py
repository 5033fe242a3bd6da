"""What an operator does with letters: marks on the `dead` topic, and a row that tells who did it.

The letter stays the fate of its record, for the record has no other; what is sent anew is a record of its own, with a
fate of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec
from clickhouse_driver import Client

from omnitrack.dead.payload import key_of
from omnitrack.dead.replay import Replay
from omnitrack.sending import RecordSender
from schemas.rows import DeadLetter
from schemas.topics import Topics

Action = Literal["replayed", "dropped"]

_INSERT = "INSERT INTO dead_letter_actions (dead_letter_id, action, acted_at, acted_by, topic, note) VALUES"
_encode = msgspec.json.Encoder().encode


class Operator:
    """Handles letters in the name of `who`; every call is durable when it returns.

    Raises `NotSentError` and `ClickHouseError`. All may be done again: a touchpoint sent twice is a duplicate.
    """

    def __init__(self, client: Client, sender: RecordSender, topics: Topics, who: str) -> None:
        self._client = client
        self._sender = sender
        self._topics = topics
        self._who = who

    def replay(self, replays: Sequence[Replay], now: int) -> None:
        """Send what the letters hold, then note it, then mark the letters; `now` is UTC ms."""
        if not replays:
            return
        for one in replays:
            if one.value is not None:
                self._sender.send(one.topic, key_of(one.letter), one.value)
        self._sender.flush()
        self._note("replayed", now, [(one.letter, one.topic, one.note) for one in replays])
        self._mark(msgspec.structs.replace(one.letter, replayed_at=now) for one in replays)

    def drop(self, letters: Sequence[DeadLetter], why: str, now: int) -> None:
        """Note it, then take from the letters what they hold; `now` is UTC ms."""
        if not letters:
            return
        self._note("dropped", now, [(letter, "", why) for letter in letters])
        self._mark(msgspec.structs.replace(letter, dropped_at=now, key=None, payload="") for letter in letters)

    def _note(self, action: Action, now: int, what: Iterable[tuple[DeadLetter, str, str]]) -> None:
        rows = [(letter.dead_letter_id, action, now, self._who, topic, note) for letter, topic, note in what]
        self._client.execute(_INSERT, rows)

    def _mark(self, letters: Iterable[DeadLetter]) -> None:
        for letter in letters:
            marked = msgspec.structs.replace(letter, version=letter.version + 1)
            self._sender.send(self._topics.dead, key_of(letter), _encode(marked))
        self._sender.flush()


def read_replayed(client: Client) -> frozenset[str]:
    """The ids of all letters that were replayed; of some the mark may still be on its way."""
    rows = client.execute("SELECT DISTINCT dead_letter_id FROM dead_letter_actions WHERE action = 'replayed'")
    return frozenset(letter_id for (letter_id,) in rows)


def read_actions(client: Client, letter_id: str) -> list[tuple[str, int, str, str, str]]:
    """What was done with a letter: action, UTC ms, who, topic, note; the first thing first."""
    query = (
        "SELECT action, toUnixTimestamp64Milli(acted_at), acted_by, topic, note FROM dead_letter_actions FINAL"
        " WHERE dead_letter_id = {id:String} ORDER BY acted_at"
    )
    return list(client.execute(query, {"id": letter_id}))
