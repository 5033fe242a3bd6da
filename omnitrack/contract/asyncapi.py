"""The topics of a deployment as an AsyncAPI 3 document: what each holds, by which key, and how it is one.

Operations are told from omnitrack's side: it receives touchpoints, and sends what it makes of them. Topics of its own,
which it both writes and reads, are marked `x-internal`: their form may change with any version.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from omnitrack.contract.examples import binary_headers
from omnitrack.contract.json_schemas import JSON_MEDIA_TYPE, components, schema_of
from omnitrack.contract.messages import TOUCHPOINT, messages
from omnitrack.contract.topics import ANY_CHANNEL, AVRO, BINARY_EVENT, PACKED, TOUCHPOINTS, Kept, kept
from schemas.avro_schema import avro_schema
from schemas.cloudevents import REQUIRED_ATTRIBUTES, SPEC_VERSION
from schemas.contract import SCHEMA_VERSION
from schemas.topics import Topics, TopicSpec
from streams.provision import REPLICAS, replicas_for, topic_configs
from streams.settings import AUTO, Replication

VERSION = "3.0.0"
_BINDING = "0.5.0"
_Document = dict[str, Any]


def document(topics: Topics, partitions: int, replication: Replication) -> _Document:
    """The document of a deployment, of three brokers or more; its version is that of the touchpoint contract."""
    topics_kept = kept(topics)
    replicas = replicas_for(replication, REPLICAS)
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "omnitrack",
            "version": str(SCHEMA_VERSION),
            "description": "What flows on Kafka between a bank's channels, omnitrack, and whoever reads what it finds."
            " Keyed topics have the same number of partitions, placed as Kafka's default partitioner does."
            " Delivery is at least once: rows replace each other by their id and a greater `version`, `is_deleted` 1"
            " withdraws one. Times are UTC milliseconds unless a text with an offset.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {one.name: _channel(one, topics, partitions, replicas) for one in topics_kept},
        "operations": {name: operation for one in topics_kept for name, operation in _operations(one).items()},
        "components": {
            "schemas": components({one.name: schema_of(one, topics.channels) for one in messages()}),
            "messages": _messages(topics_kept),
        },
    }


def render(topics: Topics | None = None, partitions: int = 4, replication: Replication = AUTO) -> str:
    """The document as YAML, by default of a deployment without settings."""
    stream = StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 120
    yaml.representer.ignore_aliases = lambda data: True
    yaml.dump(document(topics or Topics(), partitions, replication), stream)
    return stream.getvalue()


def _channel(one: Kept, topics: Topics, partitions: int, replicas: int) -> _Document:
    first = topics.inputs[0] if one.name == TOUCHPOINTS else one.topic
    [spec] = [each for each in topics.all if each.name == first]
    channel: _Document = {
        "address": one.topic.replace(ANY_CHANNEL, "{channel}"),
        "description": f"{one.about} Key: {one.key}",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in one.messages},
        "bindings": {
            "kafka": {
                "partitions": partitions,
                "replicas": replicas,
                "topicConfiguration": _configuration(spec, topics, replicas),
                "bindingVersion": _BINDING,
            }
        },
    }
    if one.name == TOUCHPOINTS:
        about = "The channel; a deployment adds others in its catalogue."
        channel["parameters"] = {"channel": {"description": about, "enum": list(topics.channels)}}
    if one.internal:
        channel["x-internal"] = True
    return channel


def _configuration(spec: TopicSpec, topics: Topics, replicas: int) -> _Document:
    configs: _Document = dict(topic_configs(spec, topics, replicas))
    configs["cleanup.policy"] = configs["cleanup.policy"].split(",")
    return {name: int(value) if str(value).isdecimal() else value for name, value in configs.items()}


def _operations(one: Kept) -> dict[str, _Document]:
    actions = ("send", "receive") if one.action == "both" else (one.action,)
    return {
        f"{action}{one.name[0].upper()}{one.name[1:]}": {
            "action": action,
            "channel": {"$ref": f"#/channels/{one.name}"},
            "summary": one.about.partition(":")[0].partition(".")[0] + ".",
        }
        for action in actions
    }


def _messages(topics_kept: Sequence[Kept]) -> _Document:
    made: _Document = {
        one.name: {
            "name": one.name,
            "summary": one.summary,
            "contentType": one.content_type,
            "payload": {"$ref": f"#/components/schemas/{one.name}"},
            "examples": [{"name": one.name, "payload": one.example}],
        }
        for one in messages()
    }
    made[AVRO] = {
        "name": AVRO,
        "summary": "A touchpoint as Avro: a zero byte, the schema's id in four bytes, the body.",
        "contentType": "application/vnd.apache.avro",
        "payload": {"schemaFormat": "application/vnd.apache.avro;version=1.9.0", "schema": avro_schema()},
        "bindings": {
            "kafka": {"schemaIdLocation": "payload", "schemaIdPayloadEncoding": "4", "bindingVersion": _BINDING}
        },
    }
    made[BINARY_EVENT] = {
        **made[TOUCHPOINT],
        "name": BINARY_EVENT,
        "summary": "A CloudEvent 1.0 in binary mode: its attributes are headers, the touchpoint is the value.",
        "headers": _binary_headers(),
    }
    made[BINARY_EVENT]["examples"] = [{**made[TOUCHPOINT]["examples"][0], "headers": binary_headers()}]
    made[PACKED] = {
        "name": PACKED,
        "summary": "A state as its worker packs it; read it with nothing else.",
        "contentType": "application/octet-stream",
        "payload": {"type": "string", "format": "binary"},
    }
    for one in topics_kept:
        for name in one.messages:
            if name != PACKED:
                kafka = made[name].setdefault("bindings", {"kafka": {"bindingVersion": _BINDING}})["kafka"]
                kafka["key"] = {"type": "string", "description": one.key}
    return made


def _binary_headers() -> _Document:
    text = {"type": "string", "minLength": 1}
    return {
        "type": "object",
        "properties": {
            "ce_specversion": {"const": SPEC_VERSION},
            **{f"ce_{name}": text for name in REQUIRED_ATTRIBUTES},
            "content-type": {"type": "string", "pattern": JSON_MEDIA_TYPE},
        },
        "required": ["ce_specversion", *(f"ce_{name}" for name in REQUIRED_ATTRIBUTES)],
    }
