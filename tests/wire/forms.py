"""What one version of omnitrack writes and another one may read: states at rest, and what flows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from omnitrack.notify.undelivered import Undelivered, decode_undelivered, encode_undelivered
from schemas.identity import (
    FORGETTING,
    Forget,
    Held,
    Link,
    Told,
    Watch,
    decode_identity_record,
    encode_identity_record,
    identity_key,
    profile_key,
)
from schemas.rows import AlertRow, DeadLetter, DuplicateRow, HandoffRow, JourneyRow, PromiseRow, TouchpointRow
from schemas.touchpoint import (
    Arrival,
    Erasure,
    History,
    Tick,
    Withdrawal,
    decode_customer_record,
    encode_customer_record,
)
from sinks.notices.notice import Notice
from sinks.notices.telling import decode_notice, encode_notice
from streams.alerting.announced import Announced
from streams.alerting.facts import Customer
from streams.alerting.groups import GroupState, Partial, decode_group, decode_partial, encode_group, encode_partial
from streams.alerting.resting import IN_PARTS, decode_customer, encode_customer
from streams.alerting.resting import Lasting as LastingFacts
from streams.alerting.resting import lasting_key as lasting_facts_key
from streams.attempts import ATTEMPTS_KEY, Attempt
from streams.identity.state import (
    Linked,
    Profile,
    Watcher,
    decode_arrivals,
    decode_linked,
    decode_profile,
    decode_watchers,
)
from streams.identity.state import encode as encode_identity_state
from streams.journey.packing import pack, unpack
from streams.journey.state import (
    Head,
    Lasting,
    Stored,
    decode_head,
    decode_lasting,
    decode_stored,
    encode,
    encode_head,
    head_key,
    lasting_key,
    part_key,
    segment_key,
)

FILE = Path(__file__).with_name("forms.json")


@dataclass(frozen=True, slots=True)
class Form:
    """How values of a type are written and read; `whole` opens what is not MessagePack or JSON by itself."""

    kind: Any
    write: Callable[[Any], bytes]
    read: Callable[[bytes], Any]
    whole: Callable[[bytes], bytes] = bytes

    def opened(self, written: bytes) -> Any:
        """What was written without the types: positions where positions count, names where names do."""
        whole = self.whole(written)
        return msgspec.json.decode(whole) if whole.startswith(b"{") else msgspec.msgpack.decode(whole, strict=False)


def _packed(kind: Any, read: Callable[[bytes], Any]) -> Form:
    """Entries of a log."""
    return Form(list[kind], lambda value: pack(encode(value)), lambda value: read(unpack(value)), unpack)


def _positions(kind: Any) -> Form:
    return Form(kind, msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(kind).decode)


def _json(kind: Any) -> Form:
    return Form(kind, msgspec.json.Encoder().encode, msgspec.json.Decoder(kind).decode)


def _customer(kind: Any) -> Form:
    return Form(kind, encode_customer_record, decode_customer_record)


def _identity(kind: Any) -> Form:
    return Form(kind, encode_identity_record, decode_identity_record)


FORMS = {
    "customer: arrival": _customer(Arrival),
    "customer: withdrawal": _customer(Withdrawal),
    "customer: tick": _customer(Tick),
    "customer: history": _customer(History),
    "customer: erasure": _customer(Erasure),
    "identity: link": _identity(Link),
    "identity: watch": _identity(Watch),
    "identity: held": _identity(Held),
    "identity: told": _identity(Told),
    "identity: forget": _identity(Forget),
    "state: head": Form(Head, encode_head, decode_head, lambda written: unpack(written[8:])),
    "state: lasting": Form(Lasting, lambda value: pack(encode(value)), lambda it: decode_lasting(unpack(it)), unpack),
    "state: segment": _packed(Stored, decode_stored),
    "state: attempts": _positions(tuple[Attempt, ...]),
    "identity-state: linked": Form(Linked, encode_identity_state, decode_linked),
    "identity-state: profile": Form(Profile, encode_identity_state, decode_profile),
    "identity-state: watchers": _packed(Watcher, decode_watchers),
    "identity-state: arrivals": _packed(Arrival, decode_arrivals),
    "stitched: touchpoint": _positions(TouchpointRow),
    "duplicates: duplicate": _positions(DuplicateRow),
    "journeys: journey": _json(JourneyRow),
    "handoffs: handoff": _json(HandoffRow),
    "promises: promise": _json(PromiseRow),
    "alerts: alert": _json(AlertRow),
    "dead: letter": _json(DeadLetter),
    "alerting: partial": Form(Partial, encode_partial, decode_partial),
    "alerting-state: customer": Form(Customer, encode_customer, decode_customer, lambda it: it.removeprefix(IN_PARTS)),
    "alerting-state: lasting": _positions(LastingFacts),
    "alerting-state: group": Form(GroupState, encode_group, decode_group),
    "alerting-state: announced": _positions(Announced),
    "notify-state: notice": Form(Notice, encode_notice, decode_notice),
    "undelivered: notice": Form(Undelivered, encode_undelivered, decode_undelivered),
}
"""By topic and kind of record."""

KEYS = {
    "state: head": head_key("C-1"),
    "state: lasting": lasting_key("C-1"),
    "state: segment": segment_key("C-1", 258),
    "state: part of a history": part_key("C-1", 258),
    "state: attempts": ATTEMPTS_KEY,
    "alerting-state: lasting": lasting_facts_key("C-1"),
    "identity: identity": identity_key(("phone", "138")).encode(),
    "identity: profile": profile_key((("device", "d"), ("session", "wechat:s"))).encode(),
    "identity: everybody": FORGETTING.encode(),
}
"""Keys under which states and records are found again."""
