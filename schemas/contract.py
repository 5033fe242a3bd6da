"""The touchpoint contract, version 1, as channel systems write it: types, lengths, enumerations.

What takes more than one field to decide is in `schemas.rules`. The contract is a typed dictionary and not a
model, because ingest decodes every touchpoint with it and a dictionary comes out about twice as fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Generic, Literal, NotRequired, TypeVar

from pydantic import FailFast, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from schemas.details import DETAILS_BY_CHANNEL, STRICT, FreeDetails
from schemas.values import CaseId, DottedSlug, Id, Seconds, Slug, Text, Time

SCHEMA_VERSION = 1
MAX_ANSWERS = 32

Stage = Literal["enter", "identify", "inquire", "apply", "wait", "serve", "decide", "feedback", "leave"]
Outcome = Literal["progressed", "succeeded", "failed", "abandoned", "cancelled", "referred"]
IdentityKind = Literal["customer_no", "account", "card", "phone", "wechat_openid", "device"]
Scale = Literal["csat", "nps", "ces"]
Care = Literal["elderly", "disabled", "minor", "other"]
# A range and not Literal[1], which would take true and 1.0 for 1.
Version = Annotated[int, Field(ge=SCHEMA_VERSION, le=SCHEMA_VERSION)]
Answer = Annotated[str, Field(max_length=256)]

Channel = TypeVar("Channel")
OtherChannel = TypeVar("OtherChannel")
Details = TypeVar("Details")


@with_config(STRICT)
class Referral(TypedDict, Generic[OtherChannel]):
    """The customer is sent to another channel; where, until when, and why."""

    to_channel: OtherChannel
    due_at: NotRequired[Time | None]
    reason: NotRequired[Text | None]


@with_config(STRICT)
class Satisfaction(TypedDict):
    """The scores of each scale are a rule of `schemas.rules`."""

    scale: Scale
    score: int


@with_config(STRICT)
class Promise(TypedDict):
    """The bank promises something by `due_at`."""

    promise_id: Id
    due_at: Time


@with_config(STRICT)
class TouchpointCore(TypedDict, Generic[Channel, OtherChannel]):
    """Everything but the details."""

    schema_version: Version
    event_id: Id
    channel: Channel
    occurred_at: Time
    identities: NotRequired[dict[IdentityKind, Id]]
    session_id: NotRequired[Id | None]
    touchpoint: DottedSlug
    stage: Stage
    intent: NotRequired[Slug | None]
    case_id: NotRequired[CaseId | None]
    outcome: NotRequired[Outcome]
    referral: NotRequired[Referral[OtherChannel] | None]
    wait_seconds: NotRequired[Seconds | None]
    handle_seconds: NotRequired[Seconds | None]
    reasked: NotRequired[Annotated[list[Slug], Field(max_length=32)]]
    answers: NotRequired[Annotated[dict[Slug, Answer], Field(max_length=MAX_ANSWERS)]]
    satisfaction: NotRequired[Satisfaction | None]
    promise: NotRequired[Promise | None]
    keeps: NotRequired[Id | None]
    care: NotRequired[Annotated[list[Care], FailFast()]]
    incident_id: NotRequired[Id | None]


@with_config(STRICT)
class TouchpointV1(TouchpointCore[Channel, OtherChannel], Generic[Channel, OtherChannel, Details]):
    """A touchpoint of a built-in channel."""

    details: Details


@with_config(STRICT)
class AddedTouchpointV1(TouchpointCore[Channel, OtherChannel], Generic[Channel, OtherChannel]):
    """A touchpoint of a channel that the catalogue adds."""

    details: NotRequired[FreeDetails]


def contract_of(channel: str, channels: Sequence[str]) -> TypeAdapter[dict[str, Any]]:
    """The contract of one of a deployment's `channels`: its name, its details, referrals to the others only."""
    literal: Any = Literal
    own = literal[channel]
    others = literal[tuple(other for other in channels if other != channel)] if len(channels) > 1 else Any
    if channel in DETAILS_BY_CHANNEL:
        built_in: Any = TouchpointV1
        return TypeAdapter(built_in[own, others, DETAILS_BY_CHANNEL[channel]])
    added: Any = AddedTouchpointV1
    return TypeAdapter(added[own, others])
