"""What is told of the topics to others is what the code writes, and valid by the standards that it names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from fastavro import parse_schema
from jsonschema import Draft7Validator, Draft202012Validator
from ruamel.yaml import YAML
from typer.testing import CliRunner

from omnitrack.cli import app
from omnitrack.contract.asyncapi import document, render
from omnitrack.contract.json_schemas import components, schema_of
from omnitrack.contract.messages import MESSAGE_PACK, Message, messages
from schemas.contract import SCHEMA_VERSION
from schemas.rows import DeadReason
from schemas.topics import BUILT_IN_CHANNELS, Topics
from streams.provision import topic_configs
from tests.omnitrack.contract.guide import ASYNCAPI

META_SCHEMA = Path(__file__).with_name("asyncapi-3.0.0.schema.json")
"""`schemas/3.0.0-without-$id.json` of the npm package @asyncapi/specs 6.11.1; its licence is beside it."""

CHANNELS = (*BUILT_IN_CHANNELS, "mail")
DOCUMENT = document(Topics("bank.", CHANNELS), 6, 3)
MESSAGES = [pytest.param(message, id=message.name) for message in messages()]


@pytest.fixture(scope="module")
def asyncapi() -> Draft7Validator:
    return Draft7Validator(json.loads(META_SCHEMA.read_text(encoding="utf-8")))


def test_the_committed_document_is_what_the_code_says() -> None:
    assert ASYNCAPI.read_text(encoding="utf-8") == render(), "it says something else now: read it, then `make docs`"


def test_the_document_is_valid_asyncapi(asyncapi: Draft7Validator) -> None:
    asyncapi.validate(DOCUMENT)
    assert YAML(typ="safe").load(render()) == document(Topics(), 4, "auto")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("operations", "sendJourneys", "action"), "publish"),
        (("channels", "journeys", "bindings", "kafka", "partitions"), "six"),
        (("components", "messages", "journey", "examples"), {}),
        (("info",), {}),
    ],
)
def test_the_standards_own_schema_finds_what_is_wrong(
    asyncapi: Draft7Validator, place: tuple[str, ...], value: object
) -> None:
    broken = json.loads(json.dumps(DOCUMENT))
    *parents, name = place
    inner = broken
    for parent in parents:
        inner = inner[parent]
    inner[name] = value
    assert not asyncapi.is_valid(broken)


def references(value: Any) -> list[str]:
    match value:
        case {"$ref": str(place)}:
            return [place]
        case Mapping():
            return [one for part in value.values() for one in references(part)]
        case list():
            return [one for part in value for one in references(part)]
        case _:
            return []


def test_every_reference_of_the_document_leads_somewhere() -> None:
    for place in references(DOCUMENT):
        inner = DOCUMENT
        for part in place.removeprefix("#/").split("/"):
            inner = inner[part]


def test_every_topic_is_told_of_as_it_is_made() -> None:
    topics = Topics("bank.", CHANNELS)
    told = {channel["address"]: channel["bindings"]["kafka"] for channel in DOCUMENT["channels"].values()}
    for spec in topics.all:
        address = "bank.touchpoints.{channel}" if spec.name in topics.inputs else spec.name
        configuration = told[address]["topicConfiguration"]
        shown = {name: ",".join(it) if isinstance(it, list) else str(it) for name, it in configuration.items()}
        assert shown == topic_configs(spec, topics, 3), spec.name
    assert len(told) == len(topics.all) - len(topics.inputs) + 1
    assert {binding["partitions"] for binding in told.values()} == {6}
    assert DOCUMENT["channels"]["touchpoints"]["parameters"]["channel"]["enum"] == list(CHANNELS)


@pytest.mark.parametrize("message", MESSAGES)
def test_every_message_has_a_schema_that_takes_its_example(message: Message) -> None:
    schema = schema_of(message, CHANNELS)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(message.example)
    assert not Draft202012Validator(schema).is_valid({"surprise": 1} if message.content_type == MESSAGE_PACK else [])


@pytest.mark.parametrize("name", DOCUMENT["components"]["messages"])
def test_every_example_of_the_document_is_taken_by_its_schema(name: str) -> None:
    message = DOCUMENT["components"]["messages"][name]
    for example in message.get("examples", ()):
        schemas = {"components": DOCUMENT["components"]}
        Draft7Validator({**message["payload"], **schemas}).validate(example["payload"])
        if "headers" in message:
            Draft7Validator(message["headers"]).validate(example["headers"])


def test_definitions_that_differ_may_not_share_a_name() -> None:
    one = {"$defs": {"Part": {"type": "string"}}, "$ref": "#/$defs/Part"}
    other = {"$defs": {"Part": {"type": "integer"}}, "$ref": "#/$defs/Part"}
    with pytest.raises(ValueError, match="Part of other"):
        components({"one": one, "other": other})


def test_a_position_of_message_pack_has_the_name_of_its_field() -> None:
    [letter] = [message for message in messages() if message.name == "duplicate"]
    positions = schema_of(letter, CHANNELS)["prefixItems"]
    assert [at["title"] for at in positions] == ["origin", "customer_id", "channel", "event_id", "received_at"]


def test_the_reasons_of_dead_letters_are_told() -> None:
    assert set(DOCUMENT["components"]["schemas"]["dead-letter"]["properties"]["reason"]["enum"]) == {
        *get_args(DeadReason)
    }
    assert DOCUMENT["info"]["version"] == str(SCHEMA_VERSION)


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["schema", *arguments], env=environment)
    return done.exit_code, done.output


def test_the_command_prints_the_document_of_the_deployment(tmp_path: Path) -> None:
    catalogue = tmp_path / "catalogue.yaml"
    catalogue.write_text("channels: [mail]\n")
    settings = {"OMNITRACK_TOPIC_PREFIX": "bank.", "OMNITRACK_PARTITIONS": "6", "OMNITRACK_REPLICATION": "3"}
    code, output = run("asyncapi", "--catalogue", str(catalogue), **settings)
    assert code == 0
    assert YAML(typ="safe").load(output) == DOCUMENT


def test_the_command_prints_schemas_and_names_what_there_is() -> None:
    for message in messages():
        code, output = run("show", message.name)
        assert (code, json.loads(output)) == (0, schema_of(message, BUILT_IN_CHANNELS))
        assert message.name in run("list")[1]
    code, output = run("show", "nothing")
    assert code == 2
    assert "must be one of touchpoint, " in output


def test_the_command_writes_all_of_them(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "schemas"
    code, output = run("write", str(folder))
    assert code == 0
    assert f"{len(messages()) + 2} files written" in output
    assert (folder / "asyncapi.yaml").read_text() == render()
    parse_schema(json.loads((folder / "touchpoint.avsc").read_text()))
    assert json.loads((folder / "journey.schema.json").read_text())["title"] == "journey"


@pytest.mark.parametrize("arguments", [["asyncapi"], ["show", "touchpoint"]])
def test_a_catalogue_that_cannot_be_used_is_told(arguments: list[str], tmp_path: Path) -> None:
    catalogue = tmp_path / "catalogue.yaml"
    catalogue.write_text("channels: 7\n")
    code, output = run(*arguments, "--catalogue", str(catalogue))
    assert code == 2
    assert "catalogue.yaml:1: channels" in output


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, output = run("write", str(tmp_path / "file"))
    assert code == 2
    assert "schema: " in output
