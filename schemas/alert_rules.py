"""What a deployment wants to be told of at once: its alert rules, and when it does not.

Durations are milliseconds, times UTC milliseconds, shares 0 to 1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Literal

import msgspec

from schemas.business_time import Calendar, counted_back
from schemas.durations import HOUR, MINUTE, SECOND
from schemas.rows import AlertKind, Severity

BUCKETS = 60
"""So many buckets make a window: it slides by a sixtieth of itself."""
SHORTEST_BUCKET = SECOND


@dataclass(frozen=True, slots=True)
class Filter:
    """What a rule looks at; an empty one lets everything pass. `care`: a customer in one of these groups.

    Handoffs and waits tell the groups themselves; those of a promise are its journey's.
    """

    failures: tuple[str, ...] = ()
    from_channels: tuple[str, ...] = ()
    to_channels: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    care: tuple[str, ...] = ()


def passes(allowed: Collection[str], value: str) -> bool:
    """Whether an empty or fitting list lets the value pass."""
    return not allowed or value in allowed


@dataclass(frozen=True)
class Rule(ABC):
    """What every rule has. `labels` go with each of its alerts, `summary` is a template of `schemas.alert_wording`."""

    name: str
    severity: Severity
    summary: str
    labels: Mapping[str, str] = field(default_factory=dict)
    only: Filter = field(default_factory=Filter)

    @property
    @abstractmethod
    def kind(self) -> AlertKind:
        """What its alerts are about."""


@dataclass(frozen=True)
class HandoffRule(Rule):
    """Each handoff that fails; the alert ends `resolve_after` its time."""

    resolve_after: int = 24 * HOUR

    @property
    def kind(self) -> AlertKind:
        """The kind of the alerts it raises."""
        return "handoff"


@dataclass(frozen=True)
class DeadlineRule(Rule):
    """Each promise not kept `before` its date (0: by its date), counted by `calendar` in business time.

    The alert ends when the promise is kept: at the latest on its date, or, where `before` is 0, `resolve_after` it.
    """

    before: int = 0
    resolve_after: int = 24 * HOUR
    calendar: Calendar | None = None

    @property
    def kind(self) -> AlertKind:
        """The kind of the alerts it raises."""
        return "deadline"

    def near_from(self, due_at: int) -> int:
        """From when on (ms) a promise that is due at that time is near its date; past it, where `before` is 0."""
        return due_at - self.before if self.calendar is None else counted_back(self.calendar, due_at, self.before)


@dataclass(frozen=True)
class ShareRule(Rule):
    """The share of handoffs that failed (`of` rate), or of waits beyond their standard (`of` wait).

    It is too great where it exceeds `over` among at least `min_count` of the last `window`, for each combination of the
    values that it groups `by`. The alert ends when it has not been too great for `resolve_after`.
    """

    of: Literal["rate", "wait"] = "rate"
    over: float = 0.2
    window: int = HOUR
    min_count: int = 50
    by: tuple[str, ...] = ()
    resolve_after: int = 5 * MINUTE

    @property
    def kind(self) -> AlertKind:
        """The kind of the alerts it raises."""
        return self.of

    @cached_property
    def bucket(self) -> int:
        """Length of the intervals that a window is counted in."""
        return max(SHORTEST_BUCKET, self.window // BUCKETS)

    @cached_property
    def buckets(self) -> int:
        """How many of them a window has."""
        return -(-self.window // self.bucket)

    @property
    def retention(self) -> int:
        """What is older is counted no more: every window that ended within the last `window` is complete."""
        return 2 * self.window + self.bucket

    @cached_property
    def definition(self) -> str:
        """A name for what is counted: counts of another definition are not to be added to these."""
        counted = msgspec.json.encode((self.of, self.only, self.window, self.by))
        return blake2b(counted, digest_size=6).hexdigest()


AnyRule = HandoffRule | DeadlineRule | ShareRule


@dataclass(frozen=True, slots=True)
class Maintenance:
    """From `since` until before `until`, what happens to alerts that bear the labels `match` pages no one."""

    name: str
    since: int
    until: int
    match: Mapping[str, str] = field(default_factory=dict)

    def covers(self, at: int, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels is silent at `at` (Unix milliseconds)."""
        return self.since <= at < self.until and all(labels.get(name) == value for name, value in self.match.items())


@dataclass(frozen=True)
class AlertRules:
    """All rules. Nothing that happened longer than `horizon` ago raises an alert; `time_zone`: that of summaries."""

    rules: tuple[AnyRule, ...] = ()
    horizon: int = 24 * HOUR
    maintenance: tuple[Maintenance, ...] = ()
    silence_incidents: bool = True
    time_zone: str = "UTC"

    @cached_property
    def by_name(self) -> Mapping[str, AnyRule]:
        """The rules by their names, which are unique."""
        return {rule.name: rule for rule in self.rules}

    @cached_property
    def handoff_rules(self) -> tuple[HandoffRule, ...]:
        """Those that look at each handoff."""
        return tuple(rule for rule in self.rules if isinstance(rule, HandoffRule))

    @cached_property
    def deadline_rules(self) -> tuple[DeadlineRule, ...]:
        """Those that look at dates of promises."""
        return tuple(rule for rule in self.rules if isinstance(rule, DeadlineRule))

    @cached_property
    def rate_rules(self) -> tuple[ShareRule, ...]:
        """Those that look at the share of failed handoffs."""
        return tuple(rule for rule in self.rules if isinstance(rule, ShareRule) and rule.of == "rate")

    @cached_property
    def wait_rules(self) -> tuple[ShareRule, ...]:
        """Those that look at the share of waits over their standard."""
        return tuple(rule for rule in self.rules if isinstance(rule, ShareRule) and rule.of == "wait")

    def maintenance_at(self, at: int, labels: Mapping[str, str]) -> Maintenance | None:
        """The first maintenance that silences what happens to these labels at that time."""
        return next((one for one in self.maintenance if one.covers(at, labels)), None)
