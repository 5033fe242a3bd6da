"""The rows of the ClickHouse tables, as they travel on the output topics.

Field names are column names; times are UTC milliseconds; UUIDs are strings. `version` grows with every
emission for a customer, `is_deleted` 1 is a tombstone. On `journeys`, `handoffs`, `promises`, `alerts` and `dead`
a row is a JSON object; on `stitched` and `duplicates` (topics of our own) it is positional MessagePack.
"""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from schemas.touchpoint import Origin, Touchpoint

JourneyStatus = Literal["open", "completed", "cancelled", "abandoned"]
HandoffResult = Literal["smooth", "failed", "pending"]
Failure = Literal["misdirected", "overdue", "repeated", "contradicted", "bounced", "stalled", "lost"]
FAILURES: tuple[Failure, ...] = get_args(Failure)
"""How a handoff can fail, in the order in which its failures are told."""
PromiseStatus = Literal["kept", "kept_late", "overdue", "pending"]
AlertKind = Literal["handoff", "rate", "deadline", "wait"]
Severity = Literal["info", "warning", "critical"]
AlertStatus = Literal["firing", "resolved", "retracted", "silenced"]
DeadReason = Literal[
    "envelope",
    "not_json",
    "too_large",
    "unknown_version",
    "schema",
    "channel_mismatch",
    "clock_ahead",
    "conflict",
    "too_late",
    "internal",
    "erased",
]


class TouchpointRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A stored touchpoint and the journey it belongs to (None: unattached)."""

    customer_id: str
    touchpoint: Touchpoint
    journey_id: str | None
    received_at: int
    origin: Origin
    version: int
    is_deleted: int = 0


class JourneyRow(msgspec.Struct, frozen=True, gc=False):
    """`contact_channels` and `contact_starts` have one element per contact, in order; `waits` sums up waiting (seconds)
    per channel; `failures` are those that any of its handoffs shows.
    """

    customer_id: str
    journey_id: str
    intent: str
    case_id: str | None
    status: JourneyStatus
    started_at: int
    last_at: int
    ended_at: int | None
    channels: tuple[str, ...]
    touchpoints: int
    visits: int
    contacts: int
    handoffs: int
    failed_handoffs: int
    reopened: int
    wait_seconds: float
    handle_seconds: float
    reasks: int
    csat: int | None
    nps: int | None
    ces: int | None
    care: tuple[str, ...]
    incidents: tuple[str, ...]
    version: int = 0
    is_deleted: int = 0
    contact_channels: tuple[str, ...] = ()
    contact_starts: tuple[int, ...] = ()
    waits: dict[str, float] = {}
    failures: tuple[str, ...] = ()


class HandoffRow(msgspec.Struct, frozen=True, gc=False):
    """`contradictions` maps an answer's key to `old → new`; `compared` are the keys of answers given on both sides."""

    customer_id: str
    handoff_id: str
    journey_id: str
    intent: str
    from_channel: str
    to_channel: str
    referred_to: str | None
    left_at: int
    arrived_at: int | None
    due_at: int | None
    gap_seconds: float | None
    result: HandoffResult
    failures: tuple[str, ...]
    wait_seconds: float
    reasked: tuple[str, ...]
    contradictions: dict[str, str]
    care: tuple[str, ...]
    version: int = 0
    is_deleted: int = 0
    compared: tuple[str, ...] = ()


class PromiseRow(msgspec.Struct, frozen=True, gc=False):
    """A row of `promises`, keyed by customer and promise; times are Unix milliseconds."""

    customer_id: str
    promise_id: str
    journey_id: str | None
    channel: str
    made_at: int
    due_at: int
    kept_at: int | None
    status: PromiseStatus
    version: int = 0
    is_deleted: int = 0


class AlertRow(msgspec.Struct, frozen=True, gc=False):
    """What a rule of the catalogue found wrong; `customer_id` is empty where it is of no one customer.

    `fingerprint` names what is wrong (the rule and its subject), `alert_id` this time that it is: a new one where it is
    wrong again after it was resolved. `event_time` is when it began to be wrong and `resolved_at` when it ended (None
    until then), both by the events; `raised_at` and `updated_at` are when this was first, and last, said.
    `value`, `threshold` and `count` are None where a rule has none: for `rate` and `wait` a share, the share allowed,
    and how many it is of; for `deadline` seconds from `event_time` until due, and those of `before`. `silenced_by` is
    `maintenance:<name>` or `incident:<id>` while the status is `silenced`. A `retracted` alert never was right, and is
    a tombstone.
    """

    customer_id: str
    alert_id: str
    fingerprint: str
    rule: str
    kind: AlertKind
    severity: Severity
    subject: str
    labels: dict[str, str]
    status: AlertStatus
    raised_at: int
    updated_at: int
    resolved_at: int | None
    event_time: int
    summary: str
    journey_id: str | None = None
    value: float | None = None
    threshold: float | None = None
    count: int | None = None
    silenced_by: str | None = None
    version: int = 0
    is_deleted: int = 0


class DuplicateRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The fate of an input record that repeated a stored touchpoint; its identity is its origin."""

    origin: Origin
    customer_id: str
    channel: str
    event_id: str
    received_at: int


class DeadLetter(msgspec.Struct, frozen=True, gc=False):
    """A record that broke the contract, byte for byte: `key` and `payload` are base64 (key null: no key).

    `dead_letter_id` is `topic:partition:offset`; `errors` are lines such as `referral.due_at: …`. `replayed_at` and
    `dropped_at` are what an operator did with it; one that was dropped has no payload any more.
    """

    dead_letter_id: str
    topic: str
    partition: int
    offset: int
    key: str | None
    received_at: int
    reason: DeadReason
    errors: tuple[str, ...]
    payload: str
    replayed_at: int | None = None
    version: int = 0
    is_deleted: int = 0
    dropped_at: int | None = None


_VERSIONS_PER_PLACEMENT = 4


def letter_version(placement: int) -> int:
    """The version of the letter of a touchpoint that was placed so often; the next two are an operator's marks."""
    return _VERSIONS_PER_PLACEMENT * placement


def letter_tombstone_version(placement: int) -> int:
    """That of the tombstone of the same letter: greater than its marks, less than the letter of the next placement."""
    return _VERSIONS_PER_PLACEMENT * placement + _VERSIONS_PER_PLACEMENT - 1


ERASED_LETTER_VERSION = 2**62
"""That of the letter in the place of what was stored of an erased customer's record: greater than any other."""


def letter_placement(version: int) -> int:
    """How often the touchpoint of a letter of this version was placed."""
    return version // _VERSIONS_PER_PLACEMENT
