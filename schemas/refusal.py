"""Why a record is refused: a value with the reason and the failing fields, bounded in number and size."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from pydantic import ValidationError
from pydantic_core import from_json

from schemas.contract import SCHEMA_VERSION
from schemas.rows import DeadReason
from schemas.wording import what_is_wrong

_DIGITS = re.compile(r"[0-9]{4}")
_KIND = re.compile(r"[A-Za-z_-]{1,32}")
MAX_PAYLOAD = 64 * 1024
MAX_ERRORS = 20
MAX_ERROR_LENGTH = 200


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """A record that breaks the contract; `errors` are lines such as `referral.due_at: must …`."""

    reason: DeadReason
    errors: tuple[str, ...]


def refuse(reason: DeadReason, errors: Sequence[str]) -> Refusal:
    """A refusal with at most MAX_ERRORS lines of at most MAX_ERROR_LENGTH printable characters."""
    shown = [_one_line(error) for error in errors[:MAX_ERRORS]]
    if len(errors) > MAX_ERRORS:
        shown[-1] = f"and {len(errors) - MAX_ERRORS + 1} more"
    return Refusal(reason, tuple(shown))


def parse_object(payload: bytes | None) -> dict[str, Any] | Refusal:
    """The JSON object that a record's value is, whatever its fields."""
    if not payload:
        return refuse("not_json", ["the record has no value: a touchpoint is a JSON object"])
    if len(payload) > MAX_PAYLOAD:
        return refuse("too_large", [f"the value has {len(payload)} bytes: at most {MAX_PAYLOAD} are allowed"])
    try:
        value = from_json(payload, allow_inf_nan=False)
    except ValueError as error:
        return refuse("not_json", [f"the value must be JSON: {_other_encoding(payload) or error}"])
    if not isinstance(value, dict):
        return refuse("not_json", ["the value must be a JSON object"])
    return value


def _other_encoding(payload: bytes) -> str:
    try:
        payload.decode()
    except UnicodeDecodeError as error:
        return f"it is not UTF-8 from byte {error.start + 1} on; GB18030, UTF-16 and the like have to be converted"
    return ""


def explain(payload: bytes | None, channel: str, error: ValidationError | None) -> Refusal:
    """Why the contract of `channel` does not take `payload`: the first reason that applies, in the order of the code.

    A foreign version comes before a foreign channel and that before the fields, which mean nothing in either.
    `error` None: the payload was not even tried.
    """
    value = parse_object(payload)
    if isinstance(value, Refusal):
        return value
    version = value.get("schema_version")
    if type(version) is int and version != SCHEMA_VERSION:
        return refuse("unknown_version", [f"schema_version: must be {SCHEMA_VERSION}"])
    own = value.get("channel")
    if isinstance(own, str) and own != channel:
        return refuse("channel_mismatch", [f"channel: must be {channel}, the channel of the topic"])
    if error is None:
        return refuse("schema", [f"channel: {channel} is not in the catalogue: add it to its channels"])
    return refuse("schema", schema_errors(error))


def schema_errors(error: ValidationError) -> list[str]:
    """What is wrong, field by field, as `field: must …`; values are never told."""
    return [
        f"{_path(details['loc'])}: {what_is_wrong(details)}"
        for details in error.errors(include_url=False, include_input=False)
    ]


def _path(loc: tuple[str | int, ...]) -> str:
    """The field's path; names that the record made up, and that may be a phone number, are left out."""
    parts = [str(part) for part in loc if part != "[key]"]
    return ".".join(
        "…" if _DIGITS.search(part) or (place and parts[0] == "identities" and not _KIND.fullmatch(part)) else part
        for place, part in enumerate(parts)
    )


def _one_line(text: str) -> str:
    shown = (
        text
        if len(text) <= MAX_ERROR_LENGTH
        else f"{text[: MAX_ERROR_LENGTH // 2]}…{text[-MAX_ERROR_LENGTH // 2 + 1 :]}"
    )
    return "".join(character if character.isprintable() else "�" for character in shown)
