"""What is kept of identities and profiles: positional MessagePack, each decoded for one batch and encoded after it."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from schemas.durations import DAY
from schemas.identity import Identity, IdentityRecord
from schemas.rows import DuplicateRow
from schemas.touchpoint import Arrival, Withdrawal
from streams.journey.state import Segment


class Watcher(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A profile that is told whenever the identity is linked to one more customer; it last asked for that at `at`."""

    profile: str
    at: int

    @property
    def name(self) -> tuple[str, str]:
        """What tells it from others: nobody's touchpoint, the profile itself."""
        return "", self.profile


class Linked(msgspec.Struct, array_like=True, gc=False):
    """An identity. `customers` None: it is public. Watchers lie in a log. `due_at`: when something may be forgotten."""

    due_at: int | None = None
    customers: list[str] | None = []
    seen_at: int = 0
    segments: list[Segment] = []
    fingerprints: bytes = b""


class Profile(msgspec.Struct, array_like=True, gc=False):
    """A profile. `answers` maps the place of an identity to its customers (None: public); all have to be there.

    `customer_id` is whom the held touchpoints were given to, for the `placement`-th time; None: to nobody yet. They lie
    in a log, in order of arrival. `due_at`: when some of them may be forgotten.
    """

    due_at: int | None = None
    identities: tuple[Identity, ...] = ()
    answers: dict[int, list[str] | None] = {}
    customer_id: str | None = None
    placement: int = 0
    watched_at: int = 0
    segments: list[Segment] = []
    fingerprints: bytes = b""

    @property
    def is_settled(self) -> bool:
        """No link to come can change what is decided."""
        return len(self.answers) == len(self.identities) and all(known is None for known in self.answers.values())


@dataclass(slots=True)
class IdentityChange:
    """What records make of one identity or profile: puts and deletes (None) for its state, and what is to be sent.

    `customer` has records with their customer_id, `identity` with their key, each in the order of sending.
    """

    writes: dict[bytes, bytes | None] = field(default_factory=dict)
    customer: list[tuple[str, Arrival | Withdrawal]] = field(default_factory=list)
    identity: list[tuple[str, IdentityRecord]] = field(default_factory=list)
    duplicates: list[DuplicateRow] = field(default_factory=list)
    due_at: int | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """`clock` is the greatest time seen in the partition; `horizon` None: nothing is ever forgotten. Both in ms."""

    clock: int
    horizon: int | None

    def is_over(self, at: int, horizons: float = 1.0) -> bool:
        """Whether `at` lies so many horizons back."""
        return self.horizon is not None and at < self.clock - horizons * self.horizon

    def ends(self, at: int, horizons: float = 1.0) -> int | None:
        """When that will be so; once a day is often enough to look."""
        if self.horizon is None:
            return None
        return max(at + int(horizons * self.horizon) + 1, self.clock + DAY)


class _Due(msgspec.Struct, array_like=True, gc=False):
    due_at: int | None = None


encode = msgspec.msgpack.Encoder().encode
decode_linked = msgspec.msgpack.Decoder(Linked).decode
decode_profile = msgspec.msgpack.Decoder(Profile).decode
decode_watchers = msgspec.msgpack.Decoder(list[Watcher]).decode
decode_arrivals = msgspec.msgpack.Decoder(list[Arrival]).decode
_decode_due = msgspec.msgpack.Decoder(_Due).decode


_AT_ONCE = 0


def identity_due(key: bytes, value: bytes) -> int | None:
    """When something of an identity or profile may be forgotten (ms); None: never, or not by this key.

    What cannot be read is due at once: whoever then looks at it tells what is wrong.
    """
    if b"\x00" in key:
        return None
    due = _read_due(value)
    return _AT_ONCE if due is None else due.due_at


def is_readable(value: bytes) -> bool:
    """Whether it may be the value of an identity or a profile; texts in it are not looked at."""
    return _read_due(value) is not None


def _read_due(value: bytes) -> _Due | None:
    try:
        return _decode_due(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
