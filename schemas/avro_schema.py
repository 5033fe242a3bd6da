"""The contract as an Avro schema, for channels that write through a schema registry.

Derived from the contract's JSON Schema: what must be there is required, all else is nullable with null as default,
which stands for an absent field. Patterns, lengths and rules over several fields are beyond Avro: ingest judges them.
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from schemas.contract import AddedTouchpointV1
from schemas.details import DETAILS_BY_CHANNEL
from schemas.values import TIME

NAMESPACE = "omnitrack"

_Schema = dict[str, Any]
_FREE_VALUE = ["null", "boolean", "long", "double", "string", {"type": "array", "items": "string"}]
"""What a key of an added channel's details may hold; JSON that goes deeper is for plain touchpoints."""

_NAMES = {"integer": "long", "number": "double", "boolean": "boolean", "string": "string"}


def avro_schema() -> _Schema:
    """The schema of a touchpoint of any channel: a record `omnitrack.Touchpoint`, complete in itself."""
    contract: Any = AddedTouchpointV1
    schema = TypeAdapter(contract[str, str]).json_schema()
    definitions = schema.pop("$defs")
    record = _record("Touchpoint", schema, definitions)
    details = next(field for field in record["fields"] if field["name"] == "details")
    details["type"] = ["null", *map(_details, DETAILS_BY_CHANNEL.values()), {"type": "map", "values": _FREE_VALUE}]
    doc = "One thing that one customer did, or that was done for them, on one channel; null stands for absent."
    return {"namespace": NAMESPACE, "doc": doc, **record}


def _details(contract: Any) -> _Schema:
    schema = TypeAdapter(contract).json_schema()
    return _record(schema["title"], schema, {})


def _record(name: str, schema: _Schema, definitions: _Schema) -> _Schema:
    required = schema.get("required", [])
    fields = []
    for field, value in schema["properties"].items():
        avro = _type(field, value, definitions)
        if field in required:
            fields.append({"name": field, "type": avro})
        else:
            fields.append({"name": field, "type": ["null", avro], "default": None})
    return {"type": "record", "name": name, "fields": fields}


def _type(field: str, schema: _Schema, definitions: _Schema) -> Any:
    """The Avro type of a field, null aside."""
    if "anyOf" in schema:
        [schema] = [one for one in schema["anyOf"] if one.get("type") != "null"]
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        definition = definitions[name]
        return _record(definition["title"].partition("[")[0], definition, definitions)
    if "enum" in schema:
        return {"type": "enum", "name": field.title(), "symbols": schema["enum"]}
    if schema.get("pattern") == TIME:
        return {"type": "long", "logicalType": "timestamp-millis"}
    if schema["type"] == "array":
        return {"type": "array", "items": _type(field, schema["items"], definitions)}
    if schema["type"] == "object":
        return {"type": "map", "values": "string"}
    return _NAMES[schema["type"]]
