"""A journey as played: its touchpoints, and what the script means by each."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from sources.simulator.wire import Wire

Place = Literal["arrive", "step", "leave", "feedback"]


class Referral(NamedTuple):
    """A referral as made; `due_at` is its deadline, whether or not the touchpoint named one."""

    to_channel: str
    due_at: int
    visit: int
    channel: str
    event_id: str
    made_at: int


class Refers(NamedTuple):
    """A referral to make: where to, and due in how many ms (None: the catalogue's window)."""

    to_channel: str
    due_in: int | None


class Promises(NamedTuple):
    """A promise to make, due in so many ms."""

    promise_id: str
    due_in: int


class Played(msgspec.Struct, frozen=True, gc=False):
    """A touchpoint and what the script means by it.

    `shows` are the failures that it adds to the handoff to its visit, `contradicts` its answers that differ from what
    was told before, `owing` the referral that is outstanding after it, `promise_due_at` when its promise is due.
    """

    at: int
    wire: Wire
    visit: int
    contact: int
    place: Place
    shows: tuple[str, ...] = ()
    contradicts: dict[str, str] = {}
    owing: Referral | None = None
    promise_due_at: int = 0


class JourneyPlay(msgspec.Struct, frozen=True):
    """A whole journey of one customer, in order; none of its touchpoints belongs to another journey.

    From `settles_at` on (UTC ms) no deadline is left that could change its rows.
    """

    customer_id: str
    intent: str
    care: tuple[str, ...]
    played: list[Played]
    settles_at: int
