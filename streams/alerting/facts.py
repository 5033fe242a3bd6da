"""What alerting keeps of the rows of one customer: of each row the newest version, and only what rules ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

import msgspec

from schemas.alert_rules import AlertRules
from schemas.rows import AlertRow, HandoffResult, HandoffRow, JourneyRow, PromiseRow, PromiseStatus, TouchpointRow

UNKNOWN = "unknown"
"""The intent of what belongs to no journey that is known."""


class JourneyNews(msgspec.Struct, frozen=True, gc=False):
    """What alerting asks of a `JourneyRow`: to decode the rest costs more than all that is done with it."""

    customer_id: str
    journey_id: str
    intent: str
    last_at: int
    incidents: tuple[str, ...]
    version: int = 0
    is_deleted: int = 0
    care: tuple[str, ...] = ()


CustomerRow = HandoffRow | PromiseRow | JourneyRow | JourneyNews | TouchpointRow


class Fact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`at` is the time that decides how long it is kept (ms), `seen_at` when this version of the row was taken in."""

    version: int
    is_deleted: int
    at: int
    seen_at: int
    journey_id: str | None


class Handoff(Fact, frozen=True, array_like=True, gc=False):
    """`at` is the arrival, or the deadline of a referral without one."""

    intent: str
    from_channel: str
    to_channel: str
    result: HandoffResult
    failures: tuple[str, ...]
    care: tuple[str, ...]


class Promise(Fact, frozen=True, array_like=True, gc=False):
    """`at` is when it is due, or was kept if that was later."""

    channel: str
    made_at: int
    due_at: int
    kept_at: int | None
    status: PromiseStatus


class Journey(Fact, frozen=True, array_like=True, gc=False):
    """`at` is its last touchpoint. When it was seen nobody asks, and its own id is the key that it is kept by."""

    intent: str
    incidents: tuple[str, ...]
    care: tuple[str, ...] = ()


class Wait(Fact, frozen=True, array_like=True, gc=False):
    """`gave_up`: the customer left instead of being served."""

    channel: str
    intent: str | None
    wait_seconds: float
    gave_up: bool
    care: tuple[str, ...]
    incident: str | None


class Customer(msgspec.Struct, array_like=True, gc=False):
    """The state of one customer. `said` are the alerts as last said, by id; `version` is the last one given.

    `in_parts`: at rest, and other handoffs and journeys lie under another key (streams/alerting/resting.py).
    """

    handoffs: dict[str, Handoff] = {}
    promises: dict[str, Promise] = {}
    journeys: dict[str, Journey] = {}
    waits: dict[str, Wait] = {}
    said: dict[str, AlertRow] = {}
    version: int = 0
    in_parts: bool = False

    @property
    def has_facts(self) -> bool:
        """Whether any row is kept that a rule may still ask for."""
        return bool(self.handoffs or self.promises or self.journeys or self.waits)

    @property
    def is_empty(self) -> bool:
        """Whether the state can leave: nothing is known, and no alert is open."""
        return not self.has_facts and not self.said


AnyFact = TypeVar("AnyFact", bound=Fact)


class Kept(NamedTuple):
    """How long facts of a kind are kept after their time (ms); None: nothing asks for them."""

    handoffs: int | None
    promises: int | None
    waits: int | None
    journeys: int | None
    """As long as any fact that may ask for its journey's intent."""


def kept_by(rules: AlertRules) -> Kept:
    """How long the rules need facts. Deadlines and handoffs: until nothing may be said of them any more."""
    rates = [rule.retention for rule in rules.rate_rules]
    horizons = [rules.horizon] if rules.handoff_rules else []
    handoffs = max((*rates, *horizons), default=None)
    promises = rules.horizon if rules.deadline_rules else None
    waits = max((rule.retention for rule in rules.wait_rules), default=None)
    journeys = max((time for time in (handoffs, promises, waits) if time is not None), default=None)
    return Kept(handoffs, promises, waits, journeys)


def take_rows(customer: Customer, rows: Iterable[CustomerRow], kept: Kept, now: int) -> Customer:
    """The customer with what is newer of `rows`, whatever their order; what no rule asks for is left out."""
    handoffs, promises = dict(customer.handoffs), dict(customer.promises)
    journeys, waits = dict(customer.journeys), dict(customer.waits)
    for row in rows:
        match row:
            case HandoffRow() if kept.handoffs is not None:
                _put(handoffs, row.handoff_id, _handoff(row, now))
            case PromiseRow() if kept.promises is not None:
                _put(promises, row.promise_id, _promise(row, now))
            case JourneyRow() | JourneyNews() if kept.journeys is not None:
                _put(journeys, row.journey_id, journey_of(row))
            case TouchpointRow() if kept.waits is not None:
                _take_wait(waits, row, now)
            case _:
                pass
    return Customer(handoffs, promises, journeys, waits, customer.said, customer.version)


def prune(customer: Customer, kept: Kept, now: int) -> Customer:
    """The customer without facts whose time has passed, and journeys that none of the others belongs to."""
    handoffs = _younger(customer.handoffs, kept.handoffs, now)
    promises = _younger(customer.promises, kept.promises, now)
    waits = _younger(customer.waits, kept.waits, now)
    used = {fact.journey_id for facts in (handoffs, promises, waits) for fact in facts.values()}
    young = _younger(customer.journeys, kept.journeys, now)
    journeys = {key: fact for key, fact in customer.journeys.items() if key in young or key in used}
    return Customer(handoffs, promises, journeys, waits, customer.said, customer.version)


def leaves_at(customer: Customer, kept: Kept) -> int | None:
    """When the last of its facts leaves (ms; None: there are none, or one stays until it changes)."""
    pairs = (
        (customer.handoffs, kept.handoffs),
        (customer.promises, kept.promises),
        (customer.waits, kept.waits),
        (customer.journeys, kept.journeys),
    )
    return max((fact.at + (time or 0) for facts, time in pairs for fact in facts.values()), default=None)


def _put(facts: dict[str, AnyFact], key: str, fact: AnyFact) -> None:
    known = facts.get(key)
    if known is None or known.version < fact.version:
        facts[key] = fact


def _younger(facts: dict[str, AnyFact], kept: int | None, now: int) -> dict[str, AnyFact]:
    return {} if kept is None else {key: fact for key, fact in facts.items() if fact.at + kept > now}


def _handoff(row: HandoffRow, now: int) -> Handoff:
    at = row.arrived_at if row.arrived_at is not None else max(row.due_at or row.left_at, row.left_at)
    return Handoff(
        row.version,
        row.is_deleted,
        at,
        now,
        row.journey_id,
        row.intent,
        row.from_channel,
        row.to_channel,
        row.result,
        row.failures,
        row.care,
    )


def _promise(row: PromiseRow, now: int) -> Promise:
    at = max(row.due_at, row.kept_at or row.due_at)
    kept_at, status = row.kept_at, row.status
    return Promise(
        row.version, row.is_deleted, at, now, row.journey_id, row.channel, row.made_at, row.due_at, kept_at, status
    )


def journey_of(row: JourneyRow | JourneyNews) -> Journey:
    """What is kept of the row."""
    return Journey(row.version, row.is_deleted, row.last_at, 0, None, row.intent, row.incidents, row.care)


def _take_wait(waits: dict[str, Wait], row: TouchpointRow, now: int) -> None:
    """A touchpoint that is withdrawn does not tell whether it waited."""
    touchpoint = row.touchpoint
    key = f"{touchpoint.channel}\x1f{touchpoint.event_id}"
    has_waited = key in waits if row.is_deleted else touchpoint.wait_seconds is not None
    if not has_waited:
        return
    fact = Wait(
        row.version,
        row.is_deleted,
        touchpoint.occurred_at,
        now,
        row.journey_id,
        touchpoint.channel,
        touchpoint.intent,
        touchpoint.wait_seconds or 0.0,
        touchpoint.outcome == "abandoned" and touchpoint.stage in ("wait", "leave"),
        touchpoint.care,
        touchpoint.incident_id,
    )
    _put(waits, key, fact)
