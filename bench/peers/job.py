"""The job that all stream processors do in the comparison, its input, and what must come of it.

A session of a customer is a run of touchpoints with at most 30 minutes from one to the next. Each session is written
out once it is over, with its first and last time (UTC ms), its number of touchpoints and the seconds waited in them.
The input is keyed by customer, and a record's timestamp is its event's. In every partition it ends, for each customer,
with one touchpoint three hours after all others, which closes what is open: its own session is not over then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

GAP = 30 * 60_000
SLOT = 10 * 60_000
ACTIVE_SLOTS, QUIET_SLOTS = 8, 4
"""A customer does something every ten minutes for 80 minutes, then nothing for 40."""

SPREAD = 60_000
LAST = 3 * 3_600_000


class Touched(NamedTuple):
    """A touchpoint of the job: `at` in UTC ms, `waited` in seconds."""

    customer: str
    at: int
    waited: int


class Session(NamedTuple):
    customer: str
    start: int
    end: int
    touchpoints: int
    waited: int


def touchpoints(count: int, customers: int, until: int) -> list[Touched]:
    """At least `count` touchpoints of the customers in order of time, the last at `until` (UTC ms), and the closing."""
    placed: list[tuple[str, int, int]] = []
    slot = 0
    while len(placed) < count:
        active = [
            number for number in range(customers) if (slot + number) % (ACTIVE_SLOTS + QUIET_SLOTS) < ACTIVE_SLOTS
        ]
        placed += [
            (f"C-{number:07}", slot * SLOT + place * SPREAD // len(active), (number + slot) % 90)
            for place, number in enumerate(active)
        ]
        slot += 1
    since = until - LAST - slot * SLOT
    made = [Touched(customer, since + at, waited) for customer, at, waited in placed]
    return made + [Touched(f"C-{number:07}", until, 0) for number in range(customers)]


def sessions(made: Iterable[Touched]) -> Iterator[Session]:
    """The sessions that are over at the end of touchpoints in order of time."""
    current: dict[str, Session] = {}
    for customer, at, waited in made:
        session = current.get(customer)
        if session is not None and at - session.end <= GAP:
            grown = Session(customer, session.start, at, session.touchpoints + 1, session.waited + waited)
        else:
            grown = Session(customer, at, at, 1, waited)
            if session is not None:
                yield session
        current[customer] = grown


def value_of(touched: Touched) -> bytes:
    """The record's value, about 250 bytes of JSON; nothing in it needs escaping."""
    customer, at, waited = touched
    return (
        f'{{"schema_version":1,"event_id":"8d3a0e7c-5a52-{at}","channel":"mobile_app","occurred_at":{at},'
        f'"identities":{{"customer_no":"{customer}"}},"touchpoint":"card.replacement.form","stage":"apply",'
        f'"intent":"card_replacement","wait_seconds":{waited},"details":{{"app_version":"8.1.0","os":"harmonyos"}}}}'
    ).encode()
