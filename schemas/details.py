"""What a touchpoint's `details` hold, channel by channel; null means the same as an absent key.

An added channel's details are free-form JSON.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, JsonValue, with_config
from typing_extensions import TypedDict

from schemas.values import Text

STRICT = ConfigDict(strict=True, extra="forbid")


@with_config(STRICT)
class MobileAppDetails(TypedDict):
    """Where in the mobile app, and on which device."""

    app_version: Text
    os: Literal["ios", "android", "harmonyos", "other"]
    screen: NotRequired[Text | None]
    device_model: NotRequired[Text | None]


@with_config(STRICT)
class OnlineBankingDetails(TypedDict):
    """Which page of online banking."""

    path: Text
    browser: NotRequired[Text | None]
    region: NotRequired[Text | None]


@with_config(STRICT)
class WechatDetails(TypedDict):
    """Where in WeChat: the official account or the mini program."""

    surface: Literal["official_account", "mini_program"]
    menu: NotRequired[Text | None]


@with_config(STRICT)
class AtmDetails(TypedDict):
    """Which cash machine, what it was asked for, and how it answered."""

    terminal_id: Text
    service: Literal["withdraw", "deposit", "transfer", "inquiry", "pin", "other"]
    response_code: NotRequired[Text | None]


@with_config(STRICT)
class HotlineDetails(TypedDict):
    """Which call, its way through the voice menu, and who took it."""

    call_id: Text
    ivr_path: NotRequired[Annotated[list[Text], Field(max_length=64)] | None]
    agent_id: NotRequired[Text | None]
    disposition: NotRequired[Text | None]


@with_config(STRICT)
class BranchDetails(TypedDict):
    """Which branch, the ticket and the counter, and how many were waiting."""

    branch_id: Text
    ticket_no: NotRequired[Text | None]
    counter_no: NotRequired[Text | None]
    desk: NotRequired[Literal["reception", "counter", "vip", "self_service", "other"] | None]
    queue_length: NotRequired[Annotated[int, Field(ge=0, le=1_000_000)] | None]


FreeDetails = dict[str, JsonValue]

DETAILS_BY_CHANNEL: dict[str, Any] = {
    "mobile_app": MobileAppDetails,
    "online_banking": OnlineBankingDetails,
    "wechat": WechatDetails,
    "atm": AtmDetails,
    "hotline": HotlineDetails,
    "branch": BranchDetails,
}
