"""Histories that come in parts, and what the state must remember for them after all else has left it."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.touchpoint import History, StoredIds, decode_customer_record, encode_customer_record
from streams.journey.log import Get, LogDamaged
from streams.journey.render import earliest
from streams.journey.state import Collecting, Head, part_key

HISTORY_AGE = 15 * 60_000
"""A history is taken in at most so long after it was read (ms): until then a withdrawal that came after it is known."""

Writes = dict[bytes, bytes | None]


def is_needed(head: Head, clock: int) -> bool:
    """Whether the head must be kept: it holds something, or the time of a withdrawal that a history may not know."""
    return bool(head.segments or head.promises or head.collecting or head.twins) or _remembers(head, clock)


def let_go(customer_id: str, head: Head, clock: int, writes: Writes) -> bool:
    """Give up a history whose other parts do not come; notes in `head` when to look again, tells whether it changed."""
    changed = False
    if head.collecting is not None and head.collecting.at + HISTORY_AGE <= clock:
        writes |= _without_parts(customer_id, head)
        changed = True
    if head.collecting is not None:
        head.due_at = earliest(head.due_at, head.collecting.at + HISTORY_AGE)
    elif not (head.segments or head.promises) and _remembers(head, clock):
        head.due_at = earliest(head.due_at, head.withdrawn + HISTORY_AGE)
    return changed


def collect(customer_id: str, head: Head, get: Get, part: History, clock: int, writes: Writes) -> History | None:
    """The whole history, once `part` is the last of it; else `part` is kept, or passed over if it does not come next.

    Notes in `head` what was kept, and adds puts and deletes to `writes`. Raises `LogDamaged` if a part kept is gone.
    """
    if part.part == 0:
        writes |= _without_parts(customer_id, head)
        head.collecting = Collecting(part.run, 0, clock)
    collecting = head.collecting
    if collecting is None or (collecting.run, collecting.parts) != (part.run, part.part):
        return None
    if part.part + 1 < part.parts:
        writes[part_key(customer_id, part.part)] = encode_customer_record(part)
        head.collecting = Collecting(part.run, part.part + 1, collecting.at)
        return None
    kept = [_kept(customer_id, number, get) for number in range(collecting.parts)]
    writes |= _without_parts(customer_id, head)
    return _joined([*kept, part])


def _remembers(head: Head, clock: int) -> bool:
    # Far behind, no history is taken in either.
    return head.withdrawn - HISTORY_AGE <= clock < head.withdrawn + HISTORY_AGE


def _without_parts(customer_id: str, head: Head) -> Mapping[bytes, None]:
    parts = head.collecting.parts if head.collecting is not None else 0
    head.collecting = None
    return {part_key(customer_id, number): None for number in range(parts)}


def _kept(customer_id: str, number: int, get: Get) -> History:
    value = get(part_key(customer_id, number))
    if value is None:
        raise LogDamaged(f"customer {customer_id}: the state table lacks part {number} of a history")
    part: History = decode_customer_record(value)
    return part


def _joined(parts: list[History]) -> History:
    last = parts[-1]
    return History(
        run=last.run,
        part=0,
        parts=1,
        read_at=last.read_at,
        version=last.version,
        rules=last.rules,
        touchpoints=tuple(past for part in parts for past in part.touchpoints),
        letters=tuple(letter for part in parts for letter in part.letters),
        ids=StoredIds(
            {key: at for part in parts for key, at in part.ids.journeys.items()},
            {key: at for part in parts for key, at in part.ids.handoffs.items()},
            {key: at for part in parts for key, at in part.ids.promises.items()},
        ),
    )
