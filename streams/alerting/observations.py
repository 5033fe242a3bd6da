"""What one customer adds to the shares that rules watch: handoffs and waits, by group and interval. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from math import gcd
from typing import NamedTuple

from schemas.alert_rules import AlertRules, ShareRule, passes
from schemas.catalogue import Catalogue
from streams.alerting.customers import incident_of, intent_of, labels_of, shares_any, silencing_labels
from streams.alerting.facts import UNKNOWN, Customer, Handoff, Wait

ANONYMOUS = "anon:"
"""Rates leave out customers who are not known, as the metrics do."""


class Group(NamedTuple):
    """What a rule counts together: the customers' handoffs or waits with the same `values` of what it groups by."""

    rule: str
    definition: str
    values: tuple[str, ...]


class Cell(NamedTuple):
    """A group in one interval, the `bucket`th since 1970 of the length that its rule has."""

    group: Group
    bucket: int


class Count(NamedTuple):
    """How many there were, and how many of them failed."""

    n: int
    failed: int


def observations(customer_id: str, customer: Customer, catalogue: Catalogue) -> dict[Cell, Count]:
    """What the customer's rows add to each cell.

    What happened in a declared incident or in maintenance is known to be bad, and left out.
    """
    if customer_id.startswith(ANONYMOUS):
        return {}
    n: Counter[Cell] = Counter()
    failed: Counter[Cell] = Counter()
    for cell, is_failed in _observed(customer, catalogue):
        n[cell] += 1
        failed[cell] += is_failed
    return {cell: Count(number, failed[cell]) for cell, number in n.items()}


def grain(rules: AlertRules) -> int:
    """Handoffs that differ in their time alone count alike within such an interval (ms); 0: none counts."""
    return gcd(*(rule.bucket for rule in rules.rate_rules), *([1] if rules.maintenance and rules.rate_rules else []))


def handoffs_counted(handoffs: Iterable[tuple[Handoff, int]], catalogue: Catalogue) -> dict[Cell, Count]:
    """What handoffs of known customers, outside of incidents, add to each cell; each with how many times it counts."""
    counts: dict[Cell, Count] = {}
    for handoff, times in handoffs:
        for cell, is_failed in _observed(Customer({"": handoff}), catalogue):
            before = counts.get(cell, Count(0, 0))
            counts[cell] = Count(before.n + times, before.failed + is_failed * times)
    return counts


def differences(customer_id: str, before: Customer, after: Customer, catalogue: Catalogue) -> dict[Cell, Count]:
    """What `after` adds to each cell more, or less, than `before`."""
    told = {key for key in {**before.journeys, **after.journeys} if not _tells_the_same(key, before, after)}
    old = observations(customer_id, _without(before, after, told), catalogue)
    new = observations(customer_id, _without(after, before, told), catalogue)
    nothing = Count(0, 0)
    changes = {}
    for cell in {**old, **new}:
        was, now = old.get(cell, nothing), new.get(cell, nothing)
        if was != now:
            changes[cell] = Count(now.n - was.n, now.failed - was.failed)
    return changes


def _tells_the_same(journey_id: str, before: Customer, after: Customer) -> bool:
    old, new = before.journeys.get(journey_id), after.journeys.get(journey_id)
    if old is None or new is None:
        return False
    return (old.intent, old.incidents, old.is_deleted) == (new.intent, new.incidents, new.is_deleted)


def _without(customer: Customer, other: Customer, told: Set[str]) -> Customer:
    """The customer without handoffs and waits that the other one has as well, if their journeys tell the same."""
    handoffs = {
        key: one
        for key, one in customer.handoffs.items()
        if one is not other.handoffs.get(key) or one.journey_id in told
    }
    waits = {
        key: one for key, one in customer.waits.items() if one is not other.waits.get(key) or one.journey_id in told
    }
    return Customer(handoffs, {}, customer.journeys, waits)


def _observed(customer: Customer, catalogue: Catalogue) -> Iterator[tuple[Cell, bool]]:
    rules = catalogue.alerts
    for handoff in customer.handoffs.values():
        if handoff.is_deleted or handoff.result == "pending" or incident_of(handoff.journey_id, customer, rules):
            continue
        for rule in rules.rate_rules:
            found = {
                "from_channel": handoff.from_channel,
                "to_channel": handoff.to_channel,
                "intent": handoff.intent,
            }
            if _counts(handoff, rule) and not _is_maintained(handoff.at, found, rule, rules):
                failed = handoff.result == "failed" and shares_any(rule.only.failures, handoff.failures)
                yield _cell(rule, found, handoff.at), failed
    for wait in customer.waits.values():
        if wait.is_deleted or _is_in_incident(wait, customer, rules):
            continue
        found = {"channel": wait.channel, "intent": wait.intent or intent_of(wait.journey_id, customer) or UNKNOWN}
        failed = wait.wait_seconds > catalogue.wait_standard(found["intent"], wait.channel)
        if wait.gave_up and not failed:
            # Who gave up within the standard had no chance to be served within it.
            continue
        for rule in rules.wait_rules:
            if _waits(wait, found["intent"], rule) and not _is_maintained(wait.at, found, rule, rules):
                yield _cell(rule, found, wait.at), failed


def _counts(handoff: Handoff, rule: ShareRule) -> bool:
    only = rule.only
    return (
        passes(only.from_channels, handoff.from_channel)
        and passes(only.to_channels, handoff.to_channel)
        and passes(only.intents, handoff.intent)
        and shares_any(only.care, handoff.care)
    )


def _waits(wait: Wait, intent: str, rule: ShareRule) -> bool:
    only = rule.only
    return passes(only.channels, wait.channel) and passes(only.intents, intent) and shares_any(only.care, wait.care)


def _is_in_incident(wait: Wait, customer: Customer, rules: AlertRules) -> bool:
    own = rules.silence_incidents and wait.incident is not None
    return own or incident_of(wait.journey_id, customer, rules) is not None


def _is_maintained(at: int, found: Mapping[str, str], rule: ShareRule, rules: AlertRules) -> bool:
    if not rules.maintenance:
        return False
    labels = silencing_labels(rule, labels_of(rule, found))
    return rules.maintenance_at(at, labels) is not None


def _cell(rule: ShareRule, found: Mapping[str, str], at: int) -> Cell:
    group = Group(rule.name, rule.definition, tuple(found[name] for name in rule.by))
    return Cell(group, at // rule.bucket)
