"""The contract as JSON Schema (draft 2020-12), for those who write touchpoints in other languages.

`python -m schemas.json_schema` writes it beside this module. It says all that the contract says, except that a
day must exist and that `occurred_at` must not be ahead of receipt.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from schemas.contract import MAX_ANSWERS, AddedTouchpointV1, Answer
from schemas.details import DETAILS_BY_CHANNEL
from schemas.identity import ANONYMOUS, CUSTOMER_NO
from schemas.rules import SCORES
from schemas.topics import BUILT_IN_CHANNELS
from schemas.values import Slug

FILE = Path(__file__).with_name("touchpoint.schema.json")

_Schema = dict[str, Any]


def json_schema(channels: Sequence[str] = BUILT_IN_CHANNELS) -> _Schema:
    """The schema of a touchpoint of any of `channels`."""
    literal: Any = Literal
    contract: Any = AddedTouchpointV1
    any_channel = literal[tuple(channels)]
    schema = TypeAdapter(contract[any_channel, any_channel]).json_schema(ref_template="#/$defs/{model}")
    definitions = schema.pop("$defs")
    schema["properties"]["answers"] = _answers()
    per_channel = [_of_channel(channel, definitions) for channel in channels]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Touchpoint, version 1",
        "description": "One thing that one customer did, or that was done for them, on one channel.",
        "allOf": [_identified(), _known(), _referral(), _scores(), *per_channel],
        "$defs": definitions,
    }


def _of_channel(channel: str, definitions: _Schema) -> _Schema:
    then: _Schema = {"properties": {"referral": {"properties": {"to_channel": {"not": {"const": channel}}}}}}
    if channel in DETAILS_BY_CHANNEL:
        definition = TypeAdapter(DETAILS_BY_CHANNEL[channel]).json_schema()
        definitions[definition["title"]] = definition
        then["properties"]["details"] = {"$ref": f"#/$defs/{definition['title']}"}
        then["required"] = ["details"]
    return {"if": _is("channel", channel), "then": then}


def _answers() -> _Schema:
    """Written out, because pydantic's own lets keys pass that are no slugs."""
    return {
        "type": "object",
        "propertyNames": TypeAdapter(Slug).json_schema(),
        "additionalProperties": TypeAdapter(Answer).json_schema(),
        "maxProperties": MAX_ANSWERS,
    }


def _identified() -> _Schema:
    identity = {"properties": {"identities": {"minProperties": 1}}, "required": ["identities"]}
    return {"anyOf": [identity, _given("session_id")]}


def _known() -> _Schema:
    anonymous = {"type": "string", "pattern": f"^{ANONYMOUS}"}
    return {"properties": {"identities": {"properties": {CUSTOMER_NO: {"not": anonymous}}}}}


def _referral() -> _Schema:
    intended = {"anyOf": [_given("intent"), _given("case_id")]}
    no_feedback = {"not": _is("stage", "feedback")}
    return {
        "if": _is("outcome", "referred"),
        "then": {"allOf": [_given("referral"), intended, no_feedback]},
        "else": {"not": _given("referral")},
    }


def _scores() -> _Schema:
    scales = [
        {"if": _is("scale", scale), "then": {"properties": {"score": {"minimum": scores[0], "maximum": scores[-1]}}}}
        for scale, scores in SCORES.items()
    ]
    return {"properties": {"satisfaction": {"allOf": scales}}}


def _is(field: str, value: str) -> _Schema:
    return {"properties": {field: {"const": value}}, "required": [field]}


def _given(field: str) -> _Schema:
    return {"properties": {field: {"not": {"type": "null"}}}, "required": [field]}


def render() -> str:
    """The text of the file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
