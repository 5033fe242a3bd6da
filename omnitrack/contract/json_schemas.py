"""JSON Schema (draft 2020-12) of every message, and the same as the components of one document (draft 7)."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import msgspec.inspect

from omnitrack.contract.messages import EVENT, MESSAGE_PACK, TOUCHPOINT, Message, messages
from schemas.cloudevents import REQUIRED_ATTRIBUTES, SPEC_VERSION
from schemas.json_schema import json_schema

Schema = dict[str, Any]
JSON_MEDIA_TYPE = r"^[^;]*[/+]json *(;.*)?$"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(message: Message, channels: Sequence[str]) -> Schema:
    """The schema of a message of a deployment with these channels: of what a value says, in MessagePack too."""
    if message.type is not None:
        schema = _named(message.type)
    elif message.name == EVENT:
        schema = _event(channels)
    else:
        schema = json_schema(channels)
    told = [message.summary, *([schema["description"]] if message.type and "description" in schema else [])]
    if message.content_type == MESSAGE_PACK:
        told.append("Written as MessagePack: positions stand for fields, later ones may be added at the end.")
    about = {"$schema": DIALECT, "title": message.name, "description": "\n\n".join(told)}
    return about | {name: value for name, value in schema.items() if name not in about}


def components(schemas: Mapping[str, Schema]) -> dict[str, Schema]:
    """The schemas by name and their definitions, each once, referring to `#/components/schemas/…`.

    Raises ValueError where two definitions of one name differ.
    """
    found: dict[str, Schema] = {}
    for name, schema in schemas.items():
        parts = {name: {key: value for key, value in schema.items() if key not in ("$defs", "$schema")}}
        parts |= schema.get("$defs", {})
        for part, definition in parts.items():
            converted = _draft_7(definition)
            if found.setdefault(_short(part), converted) != converted:
                raise ValueError(f"{part} of {name}: another message has a definition of this name that differs")
    return found


def _event(channels: Sequence[str]) -> Schema:
    [touchpoint] = [schema_of(message, channels) for message in messages() if message.name == TOUCHPOINT]
    text = {"type": "string", "minLength": 1}
    return {
        "type": "object",
        "properties": {
            "specversion": {"const": SPEC_VERSION},
            **dict.fromkeys(REQUIRED_ATTRIBUTES, text),
            "datacontenttype": {"type": "string", "pattern": JSON_MEDIA_TYPE},
            "data": {"$ref": f"#/$defs/{TOUCHPOINT}"},
        },
        "required": ["specversion", "id", "source", "type", "data"],
        "not": {"required": ["data_base64"]},
        "$defs": {
            **touchpoint["$defs"],
            TOUCHPOINT: {name: value for name, value in touchpoint.items() if name not in ("$schema", "$defs")},
        },
    }


def _named(kind: Any) -> Schema:
    """The schema of a type, with the names of the fields at their positions, and descriptions as paragraphs."""
    # Through JSON, which has lists where defaults have tuples.
    schema: Schema = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(kind)))
    structs = {one.cls.__name__: one for one in _structs(msgspec.inspect.type_info(kind))}
    for name, definition in schema.get("$defs", {}).items():
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"])
        if "prefixItems" in definition and name in structs:
            fields, positions = structs[name].fields, definition["prefixItems"]
            tagged = len(positions) - len(fields)
            named = [{"title": field.name, **_plain(at)} for field, at in zip(fields, positions[tagged:], strict=True)]
            definition["prefixItems"] = [*positions[:tagged], *named]
    if "$ref" not in schema:
        return schema
    definitions = schema["$defs"]
    return {**definitions.pop(schema["$ref"].rpartition("/")[2]), "$defs": definitions}


def _plain(schema: Schema) -> Schema:
    """Beside a reference nothing else counts in draft 7, so it goes one level down."""
    return {"allOf": [schema]} if "$ref" in schema else schema


def _structs(info: Any) -> Iterator[msgspec.inspect.StructType]:
    """The structs that a type is made of, itself among them."""
    match info:
        case msgspec.inspect.StructType():
            yield info
            yield from _structs(tuple(field.type for field in info.fields))
        case msgspec.inspect.Type():
            yield from _structs(tuple(getattr(info, name) for name in info.__struct_fields__))
        case tuple():
            for part in info:
                yield from _structs(part)


def _short(name: str) -> str:
    """`Referral_Literal__…` of a generic type as `Referral`."""
    return name.partition("_")[0]


def _draft_7(value: Any) -> Any:
    match value:
        case {"$ref": str(place)}:
            return {"$ref": f"#/components/schemas/{_short(place.rpartition('/')[2])}"}
        case {"prefixItems": items, **others}:
            rest = {"additionalItems": others.pop("items")} if "items" in others else {}
            return {**_draft_7(others), "items": _draft_7(items), **rest}
        case dict():
            return {name: _draft_7(one) for name, one in value.items()}
        case list():
            return [_draft_7(one) for one in value]
        case _:
            return value
