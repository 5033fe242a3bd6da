"""`omnitrack schema`: what flows on the topics, for those who write to them and read from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from omnitrack.commands.options import Catalogue
from omnitrack.commands.telling import FAILED, complain, complaining
from omnitrack.contract.asyncapi import render
from omnitrack.contract.json_schemas import schema_of
from omnitrack.contract.messages import messages
from omnitrack.settings import read_environment, resolve_endpoints
from schemas.avro_schema import avro_schema
from schemas.catalogue import CatalogueError, load_catalogue
from schemas.topics import Topics

schema_app = typer.Typer(
    help="What flows on the topics: JSON Schemas, AsyncAPI 3, and Avro. Made from the code.", no_args_is_help=True
)


@schema_app.command("list")
def list_command() -> None:
    """List the messages that have a JSON Schema."""
    for message in messages():
        typer.echo(f"{message.name:20} {message.content_type:29} {message.summary}")


@schema_app.command("show")
def show_command(
    name: Annotated[str, typer.Argument(help="A message: omnitrack schema list names them.")],
    catalogue: Catalogue = None,
) -> None:
    """Print the JSON Schema (draft 2020-12) of a message.

    Exit code 2: there is no such message, or the catalogue cannot be used.
    """
    known = {message.name: message for message in messages()}
    if name not in known:
        complain("schema", f"there is no message {name}: it must be one of {', '.join(known)}")
        raise typer.Exit(FAILED)
    _print(schema_of(known[name], _topics(catalogue).channels))


@schema_app.command("asyncapi")
def asyncapi_command(catalogue: Catalogue = None) -> None:
    """Print the AsyncAPI 3 document of all topics, as YAML.

    The topics are those of OMNITRACK_TOPIC_PREFIX and of the catalogue's channels, with OMNITRACK_PARTITIONS and
    OMNITRACK_REPLICATION. Exit code 2: the catalogue cannot be used.
    """
    environment = read_environment()
    typer.echo(render(_topics(catalogue), environment.partitions, environment.replication), nl=False)


@schema_app.command("avro")
def avro_command() -> None:
    """Print the Avro schema of a touchpoint, to be registered for the topics of channels that write Avro."""
    _print(avro_schema())


@schema_app.command("write")
def write_command(
    folder: Annotated[Path, typer.Argument(help="Made if it is not there; files of the same names are replaced.")],
    catalogue: Catalogue = None,
) -> None:
    """Write all of them into a folder: <message>.schema.json, touchpoint.avsc and asyncapi.yaml.

    Exit code 2: the folder or the catalogue cannot be used.
    """
    topics, environment = _topics(catalogue), read_environment()
    files = {f"{message.name}.schema.json": _text(schema_of(message, topics.channels)) for message in messages()}
    files["touchpoint.avsc"] = _text(avro_schema())
    files["asyncapi.yaml"] = render(topics, environment.partitions, environment.replication)
    with complaining("schema", OSError):
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
    typer.echo(f"{len(files)} files written to {folder}")


def _topics(catalogue: Path | None) -> Topics:
    endpoints = resolve_endpoints()
    with complaining("schema", CatalogueError):
        channels = load_catalogue(endpoints.catalogue(catalogue)).channels
    return Topics(endpoints.topic_prefix, channels)


def _print(schema: dict[str, Any]) -> None:
    typer.echo(_text(schema), nl=False)


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
