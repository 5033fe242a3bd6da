"""What becomes of a key's records when the computation fails on some of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import TypeVar

import structlog

from streams.agents.letters import internal
from streams.batching import Batch, KeyValue, Record
from streams.poison import describe, sift

Item = TypeVar("Item")
Result = TypeVar("Result")

logger = structlog.get_logger(__name__)


def without_poison(
    what: str,
    batch: Batch,
    records: Sequence[tuple[Record, Item]],
    compute: Callable[[Sequence[Item]], Result],
    letters: list[KeyValue],
    poison: list[Exception],
) -> Result | None:
    """Compute the records of one key of the batch without those that make `what` fail.

    Those become `letters`, what they raised `poison`. None: nothing can be computed of the key, so its state is at
    fault, and all its records are among the letters. Logs the key's hash only, as a key may be a customer's.
    """
    sifted = sift(records, lambda part: compute([item for _, item in part]))
    for (record, item), error in sifted.poison:
        letters.append(internal(batch, record, item, what, describe(error)))
        poison.append(error)
    key = blake2b(records[0][0].key or b"", digest_size=8).hexdigest() if records else None
    if sifted.result is None:
        logger.error(
            "a state is at fault: all that comes for its key becomes a dead letter; docs/operations.md says what to do",
            what=what,
            topic=batch.topic,
            partition=batch.partition,
            key_hash=key,
            error=describe(sifted.poison[-1][1]) if sifted.poison else None,
        )
    else:
        logger.error(
            "records cannot be computed, and are dead letters",
            what=what,
            key_hash=key,
            records=len(sifted.poison),
            error=describe(sifted.poison[-1][1]) if sifted.poison else None,
        )
    return sifted.result
