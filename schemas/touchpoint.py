"""A validated touchpoint, as it travels from ingest to stitching and rests in a customer's state.

Positional MessagePack (`array_like`): append fields only at the end, with a default.
Times are UTC milliseconds since the epoch, durations of service are seconds.
"""

from __future__ import annotations

import msgspec


class Touchpoint(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One thing that one customer did, or that was done for them, on one channel.

    `(channel, event_id)` identifies it. Two touchpoints are the same content if they are equal.
    `details` is the canonical JSON text (sorted keys, no blanks) of the channel's details.
    """

    channel: str
    event_id: str
    occurred_at: int
    touchpoint: str
    stage: str
    outcome: str = "progressed"
    session_id: str | None = None
    intent: str | None = None
    case_id: str | None = None
    referral_to: str | None = None
    referral_due_at: int | None = None
    referral_reason: str | None = None
    wait_seconds: float | None = None
    handle_seconds: float | None = None
    reasked: tuple[str, ...] = ()
    answers: dict[str, str] = {}
    satisfaction_scale: str | None = None
    satisfaction_score: int | None = None
    promise_id: str | None = None
    promise_due_at: int | None = None
    keeps: str | None = None
    care: tuple[str, ...] = ()
    incident_id: str | None = None
    identities: dict[str, str] = {}
    details: str = "{}"

    @property
    def order(self) -> tuple[int, str, str]:
        """Its place among the touchpoints of its customer."""
        return (self.occurred_at, self.channel, self.event_id)

    @property
    def is_step(self) -> bool:
        """A step belongs to an intent or a case; any other touchpoint is ambient."""
        return self.intent is not None or self.case_id is not None

    @property
    def is_feedback(self) -> bool:
        """Whether it tells how content the customer was."""
        return self.stage == "feedback"


class Origin(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The input record that a touchpoint came in: it tells a replay (same origin) from a duplicate."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}:{self.partition}:{self.offset}"


class Arrival(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="a"):
    """A resolved touchpoint on the `customer` topic; the record's key is the customer_id.

    `key` and `payload` are the input record's, byte for byte (where a pseudonymisation key is configured, hashed the
    one, sealed the other), for the dead letter that stitching may have to write.
    `via` is the partition of the `identity` topic that it came through (None: straight from ingest), `placement` how
    often that one has placed it.
    """

    touchpoint: Touchpoint
    origin: Origin
    received_at: int
    key: bytes | None
    payload: bytes
    via: int | None = None
    placement: int = 0

    @property
    def name(self) -> tuple[str, str]:
        """Channel and event_id."""
        return self.touchpoint.channel, self.touchpoint.event_id

    @property
    def at(self) -> int:
        """When it happened, Unix milliseconds."""
        return self.touchpoint.occurred_at


class Tick(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="t"):
    """Nothing came, but time has passed: rows of the record's partition whose deadline has passed must change."""


class Withdrawal(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="w"):
    """The touchpoint `(channel, event_id)` of `occurred_at` that came in `origin` is no longer this customer's.

    Another one of that name may be: only the one of that origin leaves. `placement` is that of the arrival it undoes.
    """

    channel: str
    event_id: str
    occurred_at: int
    origin: Origin
    placement: int = 0

    @property
    def name(self) -> tuple[str, str]:
        """Channel and event_id."""
        return self.channel, self.event_id

    @property
    def order(self) -> tuple[int, str, str]:
        """Its touchpoint's place among those of the customer."""
        return (self.occurred_at, self.channel, self.event_id)


class Past(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A stored touchpoint of a customer, with its first arrival."""

    touchpoint: Touchpoint
    received_at: int
    origin: Origin


class StoredIds(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Ids of a customer's stored rows, each with its row's first time: by it the table is partitioned."""

    journeys: dict[str, int] = {}
    handoffs: dict[str, int] = {}
    promises: dict[str, int] = {}


class History(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="h"):
    """A part of all that is stored of its key's customer, from `omnitrack restitch`: stitching makes all rows anew.

    `run` names one reading of the customer, at `read_at`; its parts are numbered from 0. `version` is the greatest of
    the rows read. `letters` are dead letters that may now be stored. `rules` is the fingerprint of the catalogue by
    which the difference was found: stitching by another one takes no part.
    """

    run: str
    part: int
    parts: int
    read_at: int
    version: int
    rules: str
    touchpoints: tuple[Past, ...] = ()
    letters: tuple[Arrival, ...] = ()
    ids: StoredIds = StoredIds()


class Erasure(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="e"):
    """The key's customer is to be forgotten for ever, as was asked for at `at`; what comes of it later is refused."""

    at: int


CustomerRecord = Arrival | Withdrawal | Tick | History | Erasure

encode_customer_record = msgspec.msgpack.Encoder().encode
decode_customer_record = msgspec.msgpack.Decoder(CustomerRecord).decode
