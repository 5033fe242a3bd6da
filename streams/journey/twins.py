"""Arrivals that had the name of another touchpoint, which may yet be withdrawn: what was settled of each.

A record that comes again, after a crash here or of whoever sent it, has the fate that it had, also where the
touchpoint that it was settled against has left the customer since: it would be stored, and be a letter besides.
"""

from __future__ import annotations

from collections.abc import Iterable

from schemas.identity import CUSTOMER_NO
from schemas.touchpoint import Arrival, Origin, Withdrawal
from streams.journey.render import earliest
from streams.journey.state import Head, Stored, Twin, TwinFate

_MOST = 64
"""A source that uses its event_ids again and again would let heads grow without bound."""


class Twins:
    """Those that a customer's head remembers; `changed` tells that there is something else to remember."""

    def __init__(self, remembered: Iterable[Twin]) -> None:
        self._by_origin = {twin.origin: twin for twin in remembered}
        self.changed = False

    def settle(self, arrival: Arrival, known: Stored | None) -> TwinFate | None:
        """The fate of an arrival that is not to be stored, as `known` has its name, or had when it first came."""
        twin = self._find(arrival.origin, arrival.at)
        if twin is not None and twin.fate in ("same", "other"):
            return twin.fate
        if known is None:
            return None
        if known.touchpoint == arrival.touchpoint:
            if known.origin == arrival.origin:
                return None
            fate: TwinFate = "same"
        else:
            fate = "other"
        # Only the identity agent withdraws, and only what named no customer number.
        if known.origin != arrival.origin and CUSTOMER_NO not in known.touchpoint.identities:
            self._remember(arrival, fate)
        return fate

    def note_stored(self, arrival: Arrival) -> None:
        """One that was settled, and had left, has come back, and there is no other any more."""
        if self._find(arrival.origin, arrival.at) is not None:
            self._remember(arrival, "stored")

    def withdraw(self, withdrawal: Withdrawal) -> bool:
        """Note that an arrival has left; False if it has come back since, and this one is of a replay."""
        twin = self._find(withdrawal.origin, withdrawal.occurred_at)
        if twin is None:
            return True
        if twin.placement > withdrawal.placement:
            return False
        self._put(Twin(twin.origin, twin.at, withdrawal.placement, "gone"))
        return True

    def latest(self) -> list[Twin]:
        """What is to be remembered."""
        return list(self._by_origin.values())[-_MOST:]

    def _find(self, origin: Origin, at: int) -> Twin | None:
        """That of a record; not of another one, which had its offset before the topic was made anew."""
        twin = self._by_origin.get(origin)
        return twin if twin is not None and twin.at == at else None

    def _remember(self, arrival: Arrival, fate: TwinFate) -> None:
        self._put(Twin(arrival.origin, arrival.at, arrival.placement, fate))

    def _put(self, twin: Twin) -> None:
        if self._by_origin.get(twin.origin) != twin:
            self._by_origin[twin.origin] = twin
            self.changed = True


def keep_twins(head: Head, found: list[Twin] | None, oldest: int | None, horizon: int | None) -> bool:
    """Remember what was `found` (None: nothing else), but nothing older than the horizon: that is too late now.

    Notes in a head that has nothing else when to look again; tells whether something else is remembered than before.
    """
    before = head.twins
    twins = before if found is None else found
    head.twins = [twin for twin in twins if oldest is None or twin.at >= oldest]
    if head.twins and horizon is not None and not (head.segments or head.promises):
        head.due_at = earliest(head.due_at, min(twin.at for twin in head.twins) + horizon + 1)
    return head.twins != before
