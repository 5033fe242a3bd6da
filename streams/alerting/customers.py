"""What the rules want said of one customer: of handoffs that failed, and of promises near or past their date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schemas.alert_rules import AlertRules, DeadlineRule, HandoffRule, Rule, passes
from schemas.alert_wording import before_text, moment_text
from streams.alerting.facts import UNKNOWN, Customer, Handoff, Promise
from streams.alerting.wanted import Wanted, alert_id_of, fingerprint_of

PATIENCE = 1_000
"""A handoff's row may come before its journey's, which tells of incidents: for so long (ms) it is waited for."""


@dataclass(slots=True)
class Judgement:
    """What is wanted; `early` are fingerprints of what is not to be said yet, though it may have been said already.

    Something changes by itself at each of `times` (wall clock, ms), and when the clock W reaches one of `clocks`.
    """

    wanted: list[Wanted] = field(default_factory=list)
    early: set[str] = field(default_factory=set)
    times: list[int] = field(default_factory=list)
    clocks: list[int] = field(default_factory=list)


def judge(customer_id: str, customer: Customer, rules: AlertRules, now: int, clock: int) -> Judgement:
    """What is wanted of the customer at `now`, where all that happened before `clock` is known (both ms)."""
    judgement = Judgement()
    for handoff_id, handoff in customer.handoffs.items():
        for rule in rules.handoff_rules:
            if _fails(handoff, rule):
                judgement.wanted.append(_handoff_alert(customer_id, handoff_id, handoff, rule, customer, rules))
                if (waits_until := known_at(handoff, customer)) > now:
                    judgement.early.add(judgement.wanted[-1].fingerprint)
                    judgement.times.append(waits_until)
    for promise_id, promise in customer.promises.items():
        for deadline in rules.deadline_rules:
            if not _concerns(promise, deadline, customer):
                continue
            if _is_unkept(promise, deadline, clock):
                judgement.wanted.append(_promise_alert(customer_id, promise_id, promise, deadline, customer, rules))
            elif promise.kept_at is None and deadline.before:
                judgement.clocks.append(_begins_at(promise, deadline))
    judgement.times += [one.ended_at for one in judgement.wanted if one.ended_at is not None and one.ended_at > now]
    return judgement


def incident_of(journey_id: str | None, customer: Customer, rules: AlertRules) -> str | None:
    """The declared incident that a journey fell into, if incidents silence."""
    journey = customer.journeys.get(journey_id or "")
    if journey is None or journey.is_deleted or not journey.incidents or not rules.silence_incidents:
        return None
    return journey.incidents[0]


def intent_of(journey_id: str | None, customer: Customer) -> str:
    """The intent of a customer's journey; `UNKNOWN` as long as its row has not come, or after it was taken back."""
    journey = customer.journeys.get(journey_id or "")
    return UNKNOWN if journey is None or journey.is_deleted else journey.intent


def care_of(journey_id: str | None, customer: Customer) -> tuple[str, ...]:
    """The care groups of a customer's journey; none as long as its row has not come, or after it was taken back."""
    journey = customer.journeys.get(journey_id or "")
    return () if journey is None or journey.is_deleted else journey.care


def shares_any(allowed: tuple[str, ...], values: Iterable[str]) -> bool:
    """Whether an empty list lets everything pass, or one of the values is in it."""
    return not allowed or any(value in allowed for value in values)


def labels_of(rule: Rule, found: Mapping[str, str]) -> dict[str, str]:
    """Those that the rule adds, and those of what it found."""
    return {**rule.labels, **found}


def silencing_labels(rule: Rule, labels: Mapping[str, str]) -> dict[str, str]:
    """What maintenance may match."""
    return {**labels, "rule": rule.name, "kind": rule.kind, "severity": rule.severity}


def _fails(handoff: Handoff, rule: HandoffRule) -> bool:
    only = rule.only
    return (
        not handoff.is_deleted
        and handoff.result == "failed"
        and shares_any(only.failures, handoff.failures)
        and passes(only.from_channels, handoff.from_channel)
        and passes(only.to_channels, handoff.to_channel)
        and passes(only.intents, handoff.intent)
        and shares_any(only.care, handoff.care)
    )


def known_at(handoff: Handoff, customer: Customer) -> int:
    """When (ms) the row of the handoff's journey is there, or is waited for no longer."""
    journey = customer.journeys.get(handoff.journey_id or "")
    is_there = journey is not None and journey.version >= handoff.version
    return 0 if is_there else handoff.seen_at + PATIENCE


def _concerns(promise: Promise, rule: DeadlineRule, customer: Customer) -> bool:
    return (
        not promise.is_deleted
        and passes(rule.only.channels, promise.channel)
        and passes(rule.only.intents, intent_of(promise.journey_id, customer))
        and shares_any(rule.only.care, care_of(promise.journey_id, customer))
    )


def _begins_at(promise: Promise, rule: DeadlineRule) -> int:
    return max(rule.near_from(promise.due_at), min(promise.made_at, promise.due_at))


def _is_unkept(promise: Promise, rule: DeadlineRule, clock: int) -> bool:
    """Whether it was not kept when the rule's time came. That it is overdue, stitching tells."""
    begins_at = _begins_at(promise, rule)
    if promise.kept_at is not None:
        return promise.kept_at > begins_at
    return promise.status == "overdue" or (rule.before > 0 and clock >= begins_at)


def _ends_at(promise: Promise, rule: DeadlineRule) -> int:
    latest = promise.due_at if rule.before else promise.due_at + rule.resolve_after
    return latest if promise.kept_at is None else min(promise.kept_at, latest)


def _handoff_alert(
    customer_id: str, handoff_id: str, handoff: Handoff, rule: HandoffRule, customer: Customer, rules: AlertRules
) -> Wanted:
    found = {
        "from_channel": handoff.from_channel,
        "to_channel": handoff.to_channel,
        "intent": handoff.intent,
        "failure": ",".join(handoff.failures),
    }
    labels = labels_of(rule, found)
    fingerprint = fingerprint_of(rule.name, customer_id, handoff_id)
    return Wanted(
        rule,
        customer_id,
        fingerprint,
        alert_id_of(fingerprint),
        subject=f"handoff {handoff_id}",
        labels=labels,
        summary=rule.summary.format(rule=rule.name, **found),
        began_at=handoff.at,
        ended_at=handoff.at + rule.resolve_after,
        journey_id=handoff.journey_id,
        silenced_by=_silencer(handoff.journey_id, handoff.at, rule, labels, customer, rules),
    )


def _promise_alert(
    customer_id: str, promise_id: str, promise: Promise, rule: DeadlineRule, customer: Customer, rules: AlertRules
) -> Wanted:
    found = {"channel": promise.channel, "intent": intent_of(promise.journey_id, customer)}
    labels = labels_of(rule, found)
    began_at = _begins_at(promise, rule)
    fingerprint = fingerprint_of(rule.name, customer_id, promise_id)
    due_at = moment_text(promise.due_at, rules.time_zone)
    return Wanted(
        rule,
        customer_id,
        fingerprint,
        alert_id_of(fingerprint),
        subject=f"promise {promise_id}",
        labels=labels,
        summary=rule.summary.format(rule=rule.name, due_at=due_at, before=before_text(rule), **found),
        began_at=began_at,
        ended_at=_ends_at(promise, rule),
        journey_id=promise.journey_id,
        value=(promise.due_at - began_at) / 1000,
        threshold=rule.before / 1000,
        silenced_by=_silencer(promise.journey_id, began_at, rule, labels, customer, rules),
    )


def _silencer(
    journey_id: str | None, at: int, rule: Rule, labels: Mapping[str, str], customer: Customer, rules: AlertRules
) -> str | None:
    incident = incident_of(journey_id, customer, rules)
    if incident is not None:
        return f"incident:{incident}"
    maintenance = rules.maintenance_at(at, silencing_labels(rule, labels))
    return None if maintenance is None else f"maintenance:{maintenance.name}"
