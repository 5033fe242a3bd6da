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
    customer, any_key = "The customer_id.", "Any; the identity of the customer keeps touchpoints mostly in order."
    state = "What a worker restores; private to it, and packed."
    return (
        Kept(
            "touchpoints",
            topics.touchpoints(ANY_CHANNEL),
            "What a channel records, one topic for each channel: plain"
            " JSON, a CloudEvent (structured, or binary with attributes as `ce_` headers), or Avro in the frame of a"
            " schema registry.",
            any_key,
            (TOUCHPOINT, EVENT, BINARY_EVENT, AVRO),
            "receive",
        ),
        Kept("journeys", topics.journeys, "Journeys, anew whenever they change.", customer, ("journey",), "send"),
        Kept("handoffs", topics.handoffs, "Handoffs, anew whenever they change.", customer, ("handoff",), "send"),
        Kept("promises", topics.promises, "Promises, anew whenever they change.", customer, ("promise",), "send"),
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
        Kept(
            "stitched",
            topics.stitched,
            "Touchpoints with their journeys, for ClickHouse and alerting.",
            customer,
            ("stitched-touchpoint",),
            "both",
            internal=True,
        ),
        Kept(
            "duplicates",
            topics.duplicates,
            "Records that repeat a touchpoint, for the account of all records.",
            customer,
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
        Kept("state", topics.state, state, customer, (PACKED,), "both", internal=True),
        Kept("identityState", topics.identity_state, state, "As of `identity`.", (PACKED,), "both", internal=True),
        Kept(
            "alertingState",
            topics.alerting_state,
            state,
            "The customer_id, or a group.",
            (PACKED,),
            "both",
            internal=True,
        ),
        *(
            Kept(
                f"{receiver}State",
                topics.notify_state(receiver),
                state,
                "The alert's fingerprint.",
                (PACKED,),
                "both",
                internal=True,
            )
            for receiver in RECEIVERS
        ),
    )
