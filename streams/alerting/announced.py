"""What is about to be said, noted before it is: after a crash it is not known whether it was.

An alert that was said and is in no state would stay for ever. So what is about to be said is written to the state
first. Whoever takes the batch anew takes it for said, and says it again as it then ought to be. The same holds for the
counts sent to groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import count, takewhile
from typing import TypeVar

import msgspec

from schemas.rows import AlertRow
from streams.alerting.facts import Customer
from streams.alerting.groups import GroupState
from streams.alerting.observations import Cell
from streams.alerting.resting import Write

State = TypeVar("State", Customer, GroupState)

GROUP_PREFIX = b"\x00g"
"""Before the fingerprint of a group, in the state table's keys."""


class Announced(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Alerts as they are about to be said, and cells whose counts are about to be sent."""

    rows: tuple[AlertRow, ...] = ()
    cells: tuple[Cell, ...] = ()

    def by_key(self) -> dict[bytes, dict[str, AlertRow]]:
        """The alerts by the state that they belong to, and by id."""
        found: dict[bytes, dict[str, AlertRow]] = {}
        for row in self.rows:
            found.setdefault(state_key(row), {})[row.alert_id] = row
        return found


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Announced).decode

PER_RECORD = 500
"""So many alerts, and so many cells, fit into one record of the changelog for certain."""


def announced_keys(state: Mapping[bytes, bytes], topic: str) -> Iterator[bytes]:
    """The state table's keys that hold what is noted of a topic's batch; no customer's, for those begin with their id.

    That batch is taken anew, so what was noted of it waits for it.
    """
    return takewhile(state.__contains__, _keys(topic))


def read_announced(state: Mapping[bytes, bytes], topic: str) -> Announced:
    """What was announced for batches of `topic` and may not have been sent: to be said again as it was."""
    noted = [_decode(state[key]) for key in announced_keys(state, topic)]
    return Announced(
        tuple(row for one in noted for row in one.rows), tuple(cell for one in noted for cell in one.cells)
    )


def announce(topic: str, rows: Iterable[AlertRow], cells: Iterable[Cell], before: Announced) -> list[Write]:
    """What is to be written: of what was noted before it is still not known whether it was said."""
    noted = tuple({row.alert_id: row for row in (*before.rows, *rows)}.values())
    touched = tuple({*before.cells, *cells})
    starts = range(0, max(len(noted), len(touched)), PER_RECORD)
    parts = (Announced(noted[start : start + PER_RECORD], touched[start : start + PER_RECORD]) for start in starts)
    return [(key, _encode(part)) for key, part in zip(_keys(topic), parts, strict=False)]


def _keys(topic: str) -> Iterator[bytes]:
    return (f"\x00announced:{topic}:{number}".encode() for number in count())


def state_key(row: AlertRow) -> bytes:
    """The key of the state that an alert belongs to."""
    return row.customer_id.encode() if row.customer_id else GROUP_PREFIX + row.fingerprint.encode()


def as_said(state: State, announced: Mapping[str, AlertRow]) -> State:
    """The state as if the alerts that were announced, by id, had been said."""
    version = max([state.version, *(row.version for row in announced.values())])
    return msgspec.structs.replace(state, said={**state.said, **announced}, version=version)
