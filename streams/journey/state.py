"""A customer's state: what an in-order touchpoint needs, small, and the log of touchpoints for all else.

A customer has one *head* (key: the customer id) and a log of *segments* (key: customer id, NUL, sequence number), each
written once. The head carries running summaries only, so a touchpoint that comes in order never reads the log; a late
one rebuilds the head from the whole log. All structs are positional MessagePack: append fields only at the end, with a
default. Unlike what flows, they are mutable: each is decoded from bytes for one batch, and encoded again after it.
"""

from __future__ import annotations

import struct
from typing import Literal

import msgspec

from schemas.touchpoint import Origin, Touchpoint
from streams.journey.packing import pack, unpack

FEEDBACK_REACH = 7 * 86_400_000
"""How long after a journey's last step feedback still joins it, in ms."""


class Stored(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A touchpoint of the customer as it rests in the log, with its first arrival."""

    touchpoint: Touchpoint
    received_at: int
    origin: Origin

    @property
    def name(self) -> tuple[str, str]:
        """Channel and event_id."""
        return self.touchpoint.channel, self.touchpoint.event_id

    @property
    def at(self) -> int:
        """When it happened, Unix milliseconds."""
        return self.touchpoint.occurred_at


class Referral(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A referral made by the step `(at, event_id)` on a contact's channel; `deadline` in ms."""

    at: int
    event_id: str
    to_channel: str
    deadline: int


class Contact(msgspec.Struct, array_like=True, gc=False):
    """A contact, summed up. `closes` tells that its last mark is a finishing step, not a referral."""

    channel: str
    first_at: int
    first_id: str
    last_at: int
    last_id: str
    last_session: str | None = None
    longest_wait: float = 0.0
    succeeded: bool = False
    closes: bool = False
    referral: Referral | None = None
    reasked: list[str] = []
    first_answers: dict[str, str] = {}
    last_answers: dict[str, str] = {}


class Totals(msgspec.Struct, array_like=True, gc=False):
    """Sums over all touchpoints of a journey. Seconds are whole microseconds, so that no order of adding matters.

    `waits_us` has what of `wait_us` was spent on each channel; `scores` maps a satisfaction scale to
    `(occurred_at, channel, event_id, score)` of its last score.
    """

    started_at: int
    last_at: int
    touchpoints: int = 0
    wait_us: int = 0
    handle_us: int = 0
    reasks: int = 0
    scores: dict[str, tuple[int, str, str, int]] = {}
    care: list[str] = []
    incidents: list[str] = []
    waits_us: dict[str, int] = {}


class Journey(msgspec.Struct, array_like=True, gc=False):
    """A journey that an in-order touchpoint may still join or change.

    A step may join it until `reach`, while it is not finished; `referral_*` and `promises` (id → due_at) prolong that.
    `due_at` is when its rows next change without a touchpoint; `emitted` holds the digests of its rows as last sent.
    """

    journey_id: str
    intent: str
    case_id: str | None
    first_step_at: int
    last_step_at: int
    reach: int
    totals: Totals
    finished: bool = False
    finish_outcome: str | None = None
    finished_at: int | None = None
    reopened: int = 0
    referral_channel: str | None = None
    referral_deadline: int = 0
    promises: dict[str, int] = {}
    contacts: list[Contact] = []
    core_channel: str | None = None
    due_at: int | None = None
    emitted: bytes = b""


class Promise(msgspec.Struct, array_like=True, gc=False):
    """A promise by its opener `(made_at, channel, event_id)`; `emitted` and `overdue` tell its row as last sent."""

    promise_id: str
    made_at: int
    channel: str
    event_id: str
    due_at: int
    journey_id: str | None = None
    kept_at: int | None = None
    emitted: bytes = b""
    overdue: bool = False


class Pending(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An ambient touchpoint whose next step may still come; until then it follows its previous step's journey."""

    stored: Stored
    previous: str | None


class Waiting(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A pending touchpoint at rest, by its place in the log."""

    place: int
    previous: str | None


class Segment(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`count` entries of a log under one key, the newest of `newest_at` (ms)."""

    number: int
    count: int
    newest_at: int


class Collecting(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A history of which `parts` parts have come, and not the last; the first of them came when the clock was `at`."""

    run: str
    parts: int
    at: int


class Departed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Sessions whose journey has left the head, four bytes each; the latest of their last steps was `at` (ms)."""

    at: int
    sessions: bytes


TwinFate = Literal["same", "other", "stored", "gone"]
"""Settled as a duplicate, as a conflict, or since then stored, or withdrawn."""


class Twin(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What was settled of an arrival, of a touchpoint of `at` (ms), that had the name of another one when it came.

    `placement` is the latest that is known of it.
    """

    origin: Origin
    at: int
    placement: int
    fate: TwinFate


class Head(msgspec.Struct, array_like=True, gc=False):
    """`cases` maps each case to the intent of its first step that has one; `sessions` a channel's session to the
    time and journey of its last step, of which `departed` has those whose journey is no longer among `journeys`;
    `fingerprints` holds four bytes per touchpoint of the log, in its order; `withdrawn` is the version of the last
    emission that took a touchpoint from the customer. What is `pending` lies in the log already: at rest it is
    `waiting`, by its place there. `lasting` is what lies under a key of its own, encoded; at rest a digest of that.
    `twins` were settled against touchpoints that may be withdrawn.
    """

    due_at: int | None = None
    version: int = 0
    newest: tuple[int, str, str] | None = None
    cases: dict[str, str | None] = {}
    journeys: list[Journey] = []
    promises: dict[str, Promise] = {}
    sessions: dict[str, tuple[int, str | None]] = {}
    pending: list[Pending] = []
    segments: list[Segment] = []
    fingerprints: bytes = b""
    prune_at: int | None = None
    withdrawn: int = 0
    collecting: Collecting | None = None
    waiting: list[Waiting] = []
    departed: list[Departed] = []
    lasting: bytes = b""
    twins: list[Twin] = []


class Lasting(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What of a head that rests in two parts stays as it is from touchpoint to touchpoint; each comes before its."""

    cases: dict[str, str | None]
    journeys: list[Journey]
    promises: dict[str, Promise]
    sessions: dict[str, tuple[int, str | None]]
    segments: list[Segment]
    fingerprints: bytes
    departed: list[Departed]


encode = msgspec.msgpack.Encoder().encode
decode_stored = msgspec.msgpack.Decoder(list[Stored]).decode
decode_lasting = msgspec.msgpack.Decoder(Lasting).decode
_decode_head = msgspec.msgpack.Decoder(Head).decode
_DUE = struct.Struct(">q")
_NEVER = -1


def encode_head(head: Head) -> bytes:
    """The head as the state table has it: when it is due, which must be quick to tell, and the rest packed."""
    due_at, head.due_at = head.due_at, None
    packed = pack(encode(head), in_parts=bool(head.lasting))
    head.due_at = due_at
    return _DUE.pack(_NEVER if due_at is None else due_at) + packed


def decode_head(value: bytes) -> Head:
    """The head of a customer's state, of this version or an earlier one. Raises `UnknownPacking` for a later one."""
    head: Head = _decode_head(unpack(value[_DUE.size :]))
    head.due_at = _due(value)
    return head


def _due(value: bytes) -> int | None:
    due_at: int = _DUE.unpack_from(value)[0]
    return None if due_at == _NEVER else due_at


def head_key(customer_id: str) -> bytes:
    """The state table's key of a customer's head."""
    return customer_id.encode()


def lasting_key(customer_id: str) -> bytes:
    """The state table's key of the part of a customer's head that lasts."""
    return customer_id.encode() + b"\x00l"


def segment_key(owner: str, number: int) -> bytes:
    """The state table's key of a part of the log of a customer, or of another `owner`."""
    return owner.encode() + b"\x00" + number.to_bytes(4)


def part_key(customer_id: str, part: int) -> bytes:
    """The state table's key of a part of a history that is not complete yet."""
    return customer_id.encode() + b"\x00h" + part.to_bytes(4)


def next_due(key: bytes, value: bytes) -> int | None:
    """When rows of the customer next change without a touchpoint (ms); None if never, or if the key is not a head's.

    Of a head that is cut off it cannot be told: whatever comes for the customer then tells of it.
    """
    return None if b"\x00" in key or len(value) < _DUE.size else _due(value)
