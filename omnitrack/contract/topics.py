"""What each topic holds, by which key, and who writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from omnitrack.contract.messages import EVENT, TOUCHPOINT
from schemas.topics import RECEIVERS, Topics

BINARY_EVENT, AVRO, PACKED = "touchpoint-binary-event", "touchpoint-avro", "packed-state"
"""Messages whose values are said elsewhere: a touchpoint's with headers, Avro's by its own schema, and by nobody."""

ANY_CHANNEL = "CHANNEL"
TOUCHPOINTS = "touchpoints"
CUSTOMER = "The customer_id."


@dataclass(frozen=True, slots=True)
class Kept:
    """A topic, or one for each channel.

    `action` is what omnitrack does with it: `receive`, `send`, or `both` where it is a topic of its own (`internal`).
    """

    name: str
    topic: str
    about: str
    key: str
    messages: Sequence[str]
    action: str
    internal: bool = False


def kept(topics: Topics) -> Sequence[Kept]:
    """All topics of a deployment, those of its channels as one."""
    return (_touchpoints(topics), *_results(topics), *_between_agents(topics), *_states(topics))


def _touchpoints(topics: Topics) -> Kept:
    return Kept(
        TOUCHPOINTS,
        topics.touchpoints(ANY_CHANNEL),
        "What a channel records, one topic for each channel: plain"
        " JSON, a CloudEvent (structured, or binary with attributes as `ce_` headers), or Avro in the frame of a"
        " schema registry.",
        "Any; the identity of the customer keeps touchpoints mostly in order.",
        (TOUCHPOINT, EVENT, BINARY_EVENT, AVRO),
        "receive",
    )


def _results(topics: Topics) -> tuple[Kept, ...]:
    return (
        Kept("journeys", topics.journeys, "Journeys, anew whenever they change.", CUSTOMER, ("journey",), "send"),
        Kept("handoffs", topics.handoffs, "Handoffs, anew whenever they change.", CUSTOMER, ("handoff",), "send"),
        Kept("promises", topics.promises, "Promises, anew whenever they change.", CUSTOMER, ("promise",), "send"),
        Kept(
            "alerts",
            topics.alerts,
            "Alerts: raised, updated, resolved, taken back.",
            "The customer_id, or the fingerprint where an alert is of no one customer.",
            ("alert",),
            "send",
        ),
        Kept(
            "dead",
            topics.dead,
            "Records that broke the contract; one letter for each, its marks follow it.",
            "That of the record.",
            ("dead-letter",),
            "send",
        ),
        Kept(
            "undelivered",
            topics.undelivered,
            "Alerts that a receiver never took.",
            "The alert's fingerprint.",
            ("undelivered-notice",),
            "send",
        ),
    )


def _between_agents(topics: Topics) -> tuple[Kept, ...]:
    return (
        Kept(
            "stitched",
            topics.stitched,
            "Touchpoints with their journeys, for ClickHouse and alerting.",
            CUSTOMER,
            ("stitched-touchpoint",),
            "both",
            internal=True,
        ),
        Kept(
            "duplicates",
            topics.duplicates,
            "Records that repeat a touchpoint, for the account of all records.",
            CUSTOMER,
            ("duplicate",),
            "both",
            internal=True,
        ),
        Kept(
            "customer",
            topics.customer,
            "What stitching works on: arrivals, withdrawals, ticks of the clock, histories and erasures.",
            "The customer_id; ticks have one of their partition.",
            ("customer-record",),
            "both",
            internal=True,
        ),
        Kept(
            "identity",
            topics.identity,
            "Links of customers, and touchpoints without a customer number until it is known whose they are.",
            "`kind:value` of an identity, or `profile:digest` of several.",
            ("identity-record",),
            "both",
            internal=True,
        ),
        Kept(
            "alerting",
            topics.alerting,
            "What alerting counts over partitions; without a value: a customer to forget, or a tick of the clock.",
            "The group's fingerprint.",
            ("partial-count",),
            "both",
            internal=True,
        ),
    )


def _states(topics: Topics) -> tuple[Kept, ...]:
    keys = {
        ("state", topics.state): CUSTOMER,
        ("identityState", topics.identity_state): "As of `identity`.",
        ("alertingState", topics.alerting_state): "The customer_id, or a group.",
        **{(f"{name}State", topics.notify_state(name)): "The alert's fingerprint." for name in RECEIVERS},
    }
    about = "What a worker restores; private to it, and packed."
    return tuple(Kept(name, topic, about, key, (PACKED,), "both", internal=True) for (name, topic), key in keys.items())
