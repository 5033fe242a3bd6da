"""One identity or profile, one batch: from the stored state and new records to the new state and what is sent."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.identity import IdentityRecord, is_profile
from streams.identity.linked import advance_linked
from streams.identity.profile import advance_profile
from streams.identity.state import IdentityChange, Retention
from streams.journey.log import Get


def advance_identity(
    key: str, get: Get, records: Sequence[IdentityRecord], clock: int, horizon: int | None, via: int
) -> IdentityChange:
    """Take `records` of `key` into the state, as the state table's `get` gives it.

    `clock` is the greatest time seen in the partition `via` of the `identity` topic, `horizon` how long touchpoints are
    held (ms; None: for ever). Without records it forgets what is due. A replay of taken records sends nothing that
    changes what was sent.
    """
    retention = Retention(clock, horizon)
    if is_profile(key):
        return advance_profile(key, get, records, retention, via)
    return advance_linked(key, get, records, retention)
