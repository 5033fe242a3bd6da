"""The messages of the topics: what each is, as which type it is written, and an example."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from omnitrack.contract.examples import make_examples
from omnitrack.notify.undelivered import Undelivered
from schemas.identity import IdentityRecord
from schemas.rows import AlertRow, DeadLetter, DuplicateRow, HandoffRow, JourneyRow, PromiseRow, TouchpointRow
from schemas.touchpoint import CustomerRecord
from streams.alerting.groups import Partial

JSON = "application/json"
CLOUD_EVENT = "application/cloudevents+json"
MESSAGE_PACK = "application/x-msgpack"

TOUCHPOINT, EVENT = "touchpoint", "touchpoint-event"
"""The messages that channel systems write."""


@dataclass(frozen=True, slots=True)
class Message:
    """A kind of message: `name` is what it is called everywhere, `content_type` how its values are written.

    `type` is that of its values; None: they are JSON of the contract. MessagePack is positional: an array where JSON
    would have an object. `example` is what a value says, as JSON.
    """

    name: str
    summary: str
    content_type: str
    type: Any
    example: Any


@cache
def messages() -> tuple[Message, ...]:
    """All messages that have a schema."""
    made = make_examples()
    touchpoint, event = msgspec.json.decode(made.call), msgspec.json.decode(made.event)

    def row(name: str, summary: str, kind: Any, example: Any, content_type: str = JSON) -> Message:
        return Message(name, summary, content_type, kind, msgspec.json.decode(msgspec.json.encode(example)))

    return (
        Message(TOUCHPOINT, "One thing that one customer did, or that was done for them.", JSON, None, touchpoint),
        Message(EVENT, "A touchpoint as the data of a CloudEvent 1.0.", CLOUD_EVENT, None, event),
        row("journey", "What a customer wanted, over all channels, until it was done.", JourneyRow, made.journey),
        row("handoff", "A customer's way from one channel to the next.", HandoffRow, made.handoff),
        row("promise", "What a customer was promised, and whether it was kept.", PromiseRow, made.promise),
        row("alert", "What a rule of the catalogue found wrong.", AlertRow, made.alert),
        row("dead-letter", "A record that broke the contract, byte for byte.", DeadLetter, made.letter),
        row("undelivered-notice", "An alert that a receiver did not take.", Undelivered, made.undelivered),
        row("stitched-touchpoint", "A touchpoint and its journey.", TouchpointRow, made.stitched, MESSAGE_PACK),
        row("duplicate", "The fate of a record that repeats a touchpoint.", DuplicateRow, made.duplicate, MESSAGE_PACK),
        row("customer-record", "What stitching works on, by customer.", CustomerRecord, made.arrival, MESSAGE_PACK),
        row("identity-record", "What finds out whose a touchpoint is.", IdentityRecord, made.link, MESSAGE_PACK),
        row("partial-count", "What one partition's customers add to a group.", Partial, made.partial, MESSAGE_PACK),
    )
