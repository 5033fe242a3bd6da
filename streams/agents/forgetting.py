"""Customers that a batch of `identity` says are to be forgotten by the links of a partition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import structlog

from schemas.identity import FORGETTING, Forget, IdentityRecord, decode_identity_record
from streams.agents.poisoned import without_poison
from streams.agents.reading import read_all
from streams.batching import Batch, KeyValue, Write
from streams.identity.forget import Forgotten, forget

WHAT = "forgetting the customer"

logger = structlog.get_logger(__name__)


def forget_customers(
    batch: Batch,
    state: Mapping[bytes, bytes],
    writes: Iterable[Sequence[Write]],
    letters: list[KeyValue],
    poison: list[Exception],
) -> list[list[Write]]:
    """What is to be written, after the batch's other `writes` to `state`, to forget the customers that it names.

    A record on which that fails is among the `letters`; `omnitrack erase` misses the customer's mark then.
    """
    known = dict(state)
    _apply(known, (write for group in writes for write in group))

    def compute(records: Sequence[IdentityRecord]) -> list[Forgotten]:
        left, found = dict(known), []
        for customer_id, at in {one.customer_id: one.at for one in records if isinstance(one, Forget)}.items():
            # Who is forgotten together may have borne the same identity.
            found.append(forget(customer_id, at, left))
            _apply(left, found[-1].writes.items())
        return found

    pairs = read_all(FORGETTING.encode(), batch, decode_identity_record)
    try:
        forgotten = compute([record for _, record in pairs])
    except Exception:  # noqa: BLE001 -- a defect, which may be met on one customer only
        forgotten = without_poison(WHAT, batch, pairs, compute, letters, poison) or []
    if unreadable := sum(one.unreadable for one in forgotten):
        logger.error(
            "what could not be read, and named a customer who is to be forgotten, is forgotten whole;"
            " docs/operations.md says what that means",
            partition=batch.partition,
            identities_and_profiles=unreadable,
        )
    return [[write] for one in forgotten for write in one.writes.items()]


def _apply(state: dict[bytes, bytes], writes: Iterable[Write]) -> None:
    for key, value in writes:
        if value is None:
            state.pop(key, None)
        else:
            state[key] = value
