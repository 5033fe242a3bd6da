"""From a record's bytes to a touchpoint or a refusal. Pure, and no bytes whatever make it raise.

Of a key that an object repeats the last value counts, as in most JSON parsers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from schemas.canonical import free_details, touchpoint_of, typed_details
from schemas.contract import contract_of
from schemas.details import DETAILS_BY_CHANNEL
from schemas.durations import MINUTE
from schemas.refusal import MAX_PAYLOAD, Refusal, explain, parse_object, refuse
from schemas.rules import broken_rules
from schemas.touchpoint import Touchpoint

__all__ = ["CLOCK_TOLERANCE", "Decoder", "Refusal", "check", "decode", "decoder_for", "encode_touchpoint"]

CLOCK_TOLERANCE = 5 * MINUTE
"""Milliseconds by which `occurred_at` may be ahead of receipt."""


class Decoder:
    """Decodes for a deployment's `channels`, the built-in and the added; prepares everything once."""

    def __init__(self, channels: Sequence[str]) -> None:
        self._contracts = {channel: contract_of(channel, channels).validator for channel in channels}

    def decode(self, payload: bytes | None, channel: str, received_at: int) -> Touchpoint | Refusal:
        """The touchpoint of a record of `channel`'s topic that was received at `received_at` (UTC ms)."""
        contract = self._contracts.get(channel)
        if contract is None or not payload or len(payload) > MAX_PAYLOAD:
            return explain(payload, channel, None)
        try:
            values = contract.validate_json(payload)
        except ValidationError as error:
            return explain(payload, channel, error)
        details = _details_of(values, channel)
        if details is None:
            return _explain_numbers(payload)
        touchpoint = touchpoint_of(values, details)
        errors = broken_rules(touchpoint)
        if errors:
            return refuse("schema", errors)
        if touchpoint.occurred_at > received_at + CLOCK_TOLERANCE:
            return refuse(
                "clock_ahead", ["occurred_at: must be at most 5 minutes after receipt: set the sender's clock"]
            )
        return touchpoint

    def check(self, payload: bytes | None, received_at: int) -> Touchpoint | Refusal:
        """As `decode`, of the topic of the channel that the payload itself names."""
        value = parse_object(payload)
        if isinstance(value, Refusal):
            return value
        channel = value.get("channel")
        if not isinstance(channel, str) or channel not in self._contracts:
            return refuse("schema", [f"channel: must be one of {', '.join(self._contracts)}"])
        return self.decode(payload, channel, received_at)


@lru_cache(maxsize=64)
def decoder_for(channels: tuple[str, ...]) -> Decoder:
    """The decoder of `channels`, made once."""
    return Decoder(channels)


def decode(payload: bytes | None, channel: str, received_at: int, channels: tuple[str, ...]) -> Touchpoint | Refusal:
    """`Decoder(channels).decode(…)`."""
    return decoder_for(channels).decode(payload, channel, received_at)


def check(payload: bytes | None, channels: tuple[str, ...], received_at: int) -> Touchpoint | Refusal:
    """`Decoder(channels).check(…)`."""
    return decoder_for(channels).check(payload, received_at)


def encode_touchpoint(touchpoint: Mapping[str, Any]) -> bytes | Refusal:
    """The JSON of a touchpoint given as a mapping; says nothing of its fields, which `check` judges."""
    try:
        text = json.dumps(touchpoint, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        return refuse("not_json", [f"the touchpoint must be expressible in JSON: {error}"])


def _explain_numbers(payload: bytes) -> Refusal:
    """Why the numbers of free-form details are refused: the literal NaN is not JSON, others are out of range."""
    value = parse_object(payload)
    if isinstance(value, Refusal):
        return value
    return refuse("schema", ["details: numbers must be finite, integers at most 64 bits wide"])


def _details_of(values: Mapping[str, Any], channel: str) -> str | None:
    if channel in DETAILS_BY_CHANNEL:
        return typed_details(values["details"])
    return free_details(values.get("details", {}))
