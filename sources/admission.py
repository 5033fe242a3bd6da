"""Whether a touchpoint may be published, and as which record. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from schemas.cloudevents import EventForm, Headers, binary_event, structured_event
from schemas.decode import Decoder, encode_touchpoint
from schemas.identity import CUSTOMER_NO, identities_of, identity_key
from schemas.refusal import Refusal
from schemas.topics import Topics
from schemas.touchpoint import Touchpoint

_WRAPPERS = {EventForm.STRUCTURED: structured_event, EventForm.BINARY: binary_event}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A touchpoint that keeps the contract, as the record of its channel's topic."""

    topic: str
    key: bytes
    payload: bytes
    headers: Headers = ()


class _Channel(msgspec.Struct):
    channel: str


class Admission:
    """Judges touchpoints of the topics' channels; `events` None: they travel plain, else as such CloudEvents."""

    def __init__(self, topics: Topics, events: EventForm | None = None) -> None:
        self._topics = {channel: topics.touchpoints(channel) for channel in topics.channels}
        self._wrap = None if events is None else _WRAPPERS[events]
        self._decoder = Decoder(topics.channels)

    def judge(self, touchpoint: Mapping[str, Any] | bytes, received_at: int) -> Accepted | Refusal:
        """The record of a touchpoint, given as fields or as JSON, or why it breaks the contract.

        JSON is kept byte for byte. `received_at` is the time of sending in UTC milliseconds.
        """
        payload = touchpoint if isinstance(touchpoint, bytes) else encode_touchpoint(touchpoint)
        if isinstance(payload, Refusal):
            return payload
        decoded = self._decode(payload, received_at)
        if isinstance(decoded, Refusal):
            return decoded
        headers: Headers = ()
        if self._wrap is not None:
            headers, payload = self._wrap(decoded, payload)
        return Accepted(self._topics[decoded.channel], record_key(decoded), payload, headers)

    def _decode(self, payload: bytes, received_at: int) -> Touchpoint | Refusal:
        # Reading the channel alone first saves the parse that `check` makes to find it.
        try:
            channel = _channel_of(payload).channel
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._decoder.check(payload, received_at)
        return self._decoder.decode(payload, channel, received_at)


_channel_of = msgspec.json.Decoder(_Channel).decode


def record_key(touchpoint: Touchpoint) -> bytes:
    """`kind:value` of the strongest identity, or the session: it keeps a customer's touchpoints mostly in order."""
    customer_no = touchpoint.identities.get(CUSTOMER_NO)
    strongest = identities_of(touchpoint)[0] if customer_no is None else (CUSTOMER_NO, customer_no)
    return identity_key(strongest).encode()
