"""A customer who is to be forgotten: the state goes, a mark stays, and what comes later is refused.

The mark names nobody: it is a digest of the customer's id. Nothing ever takes it away.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from schemas.identity import ERASED
from schemas.touchpoint import Arrival, Erasure, History, Withdrawal
from streams.journey.emit import Change
from streams.journey.log import Get
from streams.journey.state import Head, decode_head, head_key, lasting_key, part_key, segment_key
from streams.journey.taken import taken_key

_MARK = b"\x00erased\x00"
_REFUSED = "the customer was erased"
_MOST_LOOKED_FOR = 20_000
"""So many segments and parts may be left where no head tells of them: far more than a customer's log ever had."""


def erased_key(customer_id: str) -> bytes:
    """The state table's key of the mark that tells that the customer was erased."""
    return _MARK + blake2b(customer_id.encode(), digest_size=16).hexdigest().encode()


def erased_mark(at: int, unreadable: int = 0) -> bytes:
    """The value of the mark: when it was asked for (ms), and how much is left of which nobody can tell whose it is."""
    return at.to_bytes(8) + (unreadable.to_bytes(4) if unreadable else b"")


def read_mark(value: bytes) -> tuple[int, int]:
    """Both, out of a mark."""
    return int.from_bytes(value[:8]), int.from_bytes(value[8:])


def is_erased(customer_id: str, get: Get) -> bool:
    """Whether the customer was erased, as the state table's `get` tells."""
    return customer_id == ERASED or get(erased_key(customer_id)) is not None


def erase(customer_id: str, get: Get, records: Sequence[Arrival | Withdrawal | History | Erasure]) -> Change:
    """Forget all that the state has of the customer, and refuse what came, before or after it was asked for."""
    change = Change()
    if get(head_key(customer_id)) is not None or any(isinstance(record, Erasure) for record in records):
        change.writes |= dict.fromkeys(_keys(customer_id, get))
    for record in records:
        match record:
            case Erasure(at):
                change.writes[erased_key(customer_id)] = erased_mark(at)
            case Arrival():
                change.erased.append(record)
            case Withdrawal():
                change.retracted.append(record)
            case History():
                change.refused.append(_REFUSED)
    return change


def _keys(customer_id: str, get: Get) -> list[bytes]:
    """The keys that the state has of the customer, also where a part that names some of them is lost."""
    head = _readable_head(customer_id, get)
    segments = parts = _MOST_LOOKED_FOR
    if head is not None:
        segments = head.segments[-1].number + 1 if head.segments else 0
        parts = head.collecting.parts if head.collecting is not None else 0
    keys = [
        *(segment_key(customer_id, number) for number in range(segments)),
        *(part_key(customer_id, part) for part in range(parts)),
        lasting_key(customer_id),
        taken_key(customer_id),
        head_key(customer_id),
    ]
    return [key for key in keys if get(key) is not None]


def _readable_head(customer_id: str, get: Get) -> Head | None:
    try:
        return decode_head(get(head_key(customer_id)) or b"")
    except Exception:  # noqa: BLE001 -- there is none, or something is wrong with it: it goes, whatever that is
        return None
