"""The registry is asked once for each schema; what it does not know is told from a registry that fails."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from omnitrack.ports import LOOPBACK, free_port
from schemas.refusal import Refusal
from streams import registry as module
from streams.registry import Registry, RegistryError, RegistrySettings, RegistryUnavailable, open_registry

STRING_RECORD = json.dumps({"type": "record", "name": "R", "fields": [{"name": "f", "type": "string"}]})
BODY = b"\x02x"
UNKNOWN = {"error_code": 40403, "message": "Schema not found"}
Answer = tuple[int, Any]


def frame(schema_id: int) -> bytes:
    return struct.pack(">bI", 0, schema_id) + BODY


@asynccontextmanager
async def serving(answer: Callable[[str], Answer]) -> AsyncIterator[tuple[str, list[str]]]:
    """A stand-in that answers as it is told, its URL, and the paths and users it was asked for."""
    asked: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        asked.append(request.path_qs)
        status, body = answer(request.path_qs)
        return web.Response(status=status, text=body if isinstance(body, str) else json.dumps(body))

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, LOOPBACK, port).start()
    try:
        yield f"http://{LOOPBACK}:{port}", asked
    finally:
        await runner.cleanup()


def ask(answer: Callable[[str], Answer], *batches: list[bytes | None]) -> tuple[list[bytes | Refusal], list[str]]:
    """What the frames of the last batch open to after all are learnt, and what was asked for."""

    async def run() -> tuple[list[bytes | Refusal], list[str]]:
        async with serving(answer) as (url, asked):
            registry = Registry(url)
            for values in batches:
                await registry.learn(values)
            return [registry.frames.open(value) for value in batches[-1] if value], asked

    return asyncio.run(run())


def test_a_schema_is_asked_for_once_however_many_records_it_has() -> None:
    batch: list[bytes | None] = [frame(1), frame(2), frame(1)]
    opened, asked = ask(lambda path: (200, {"schema": STRING_RECORD}), batch, batch)
    assert opened == [b'{"f":"x"}'] * 3
    assert sorted(asked) == ["/schemas/ids/1", "/schemas/ids/2"]


def test_plain_records_ask_for_nothing() -> None:
    _, asked = ask(lambda path: (500, ""), [b'{"plain": 1}', None, b""], [])
    assert asked == []


def test_a_schema_that_is_not_known_is_told_and_asked_for_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    [refused], asked = ask(lambda path: (404, UNKNOWN), [frame(9)], [frame(9)])
    assert isinstance(refused, Refusal)
    assert refused.errors == ("schema 9 of the registry: is not known there: was it written for another registry?",)
    assert len(asked) == 1
    monkeypatch.setattr(module, "ASK_AGAIN_SECONDS", -1.0)
    answers = iter([(404, UNKNOWN), (200, {"schema": STRING_RECORD})])
    opened, asked = ask(lambda path: next(answers), [frame(9)], [frame(9)], [frame(9)])
    assert opened == [b'{"f":"x"}']
    assert len(asked) == 2


def test_a_schema_of_another_kind_is_told() -> None:
    [refused], _ = ask(lambda path: (200, {"schema": "message M {}", "schemaType": "PROTOBUF"}), [frame(1)])
    assert isinstance(refused, Refusal)
    assert "no Avro schema" in refused.errors[0]


def test_schemas_that_refer_to_each_other_are_all_fetched() -> None:
    inner = json.dumps({"type": "record", "name": "b.P", "fields": [{"name": "f", "type": "string"}]})
    middle = json.dumps({"type": "record", "name": "b.M", "fields": [{"name": "p", "type": "b.P"}]})
    outer = json.dumps({"type": "record", "name": "b.T", "fields": [{"name": "m", "type": "b.M"}]})
    answers: Mapping[str, Any] = {
        "/schemas/ids/1": {"schema": outer, "references": [{"name": "b.M", "subject": "m/x", "version": 3}]},
        "/subjects/m%2Fx/versions/3": {"schema": middle, "references": [{"name": "b.P", "subject": "p", "version": 1}]},
        "/subjects/p/versions/1": {"schema": inner},
    }
    opened, _ = ask(lambda path: (200, answers[path]), [frame(1)])
    assert opened == [b'{"m":{"p":{"f":"x"}}}']


@pytest.mark.parametrize(
    "answer",
    [
        (500, ""),
        (401, {"error_code": 40101}),
        (404, "<html>nothing here</html>"),
        (404, {"error_code": 404}),
        (200, "[]"),
    ],
)
def test_what_is_no_answer_of_a_registry_makes_the_records_wait(answer: Answer) -> None:
    with pytest.raises(RegistryUnavailable, match="OMNITRACK_SCHEMA_REGISTRY"):
        ask(lambda path: answer, [frame(1)])


def test_a_registry_that_is_away_makes_the_records_wait() -> None:
    with pytest.raises(RegistryUnavailable):
        asyncio.run(Registry(f"http://{LOOPBACK}:{free_port()}").learn([frame(1)]))


def settings(**values: object) -> RegistrySettings:
    return RegistrySettings.model_validate({f"schema_registry{name}": value for name, value in values.items()})


def test_without_a_url_there_is_no_registry() -> None:
    assert open_registry(settings()) is None
    assert open_registry(settings(**{"": ""})) is None


@pytest.mark.parametrize(
    "url", ["registry:8081", "ftp://registry", "http://", "http://me:secret@registry", "http://r?x=1"]
)
def test_a_url_that_is_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValidationError) as error:
        settings(**{"": url})
    assert "OMNITRACK_SCHEMA_REGISTRY" in str(error.value)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"_password": "p"}, "OMNITRACK_SCHEMA_REGISTRY_USER is missing"),
        ({"_user": "u", "_password": "p", "_password_file": "/nowhere"}, "both set: keep one"),
        ({"_user": "u", "_password_file": "/nowhere"}, "OMNITRACK_SCHEMA_REGISTRY_PASSWORD_FILE=/nowhere"),
        ({"_user": "u", "_password_file": "/dev/null"}, "its first line is empty"),
        ({"_ca_file": "/nowhere"}, "OMNITRACK_SCHEMA_REGISTRY_CA_FILE=/nowhere"),
    ],
)
def test_an_account_that_cannot_be_used_is_named_with_what_to_do(values: dict[str, str], why: str) -> None:
    with pytest.raises(RegistryError) as error:
        open_registry(settings(**{"": "https://registry"}, **values))
    assert why in str(error.value)


def test_the_account_is_presented(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret\n")
    users: list[str | None] = []

    async def run() -> None:
        async def handle(request: web.Request) -> web.Response:
            users.append(request.headers.get("Authorization"))
            return web.json_response({"schema": STRING_RECORD})

        app = web.Application()
        app.router.add_get("/api/schemas/ids/1", handle)
        runner = web.AppRunner(app)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, LOOPBACK, port).start()
        url = f"http://{LOOPBACK}:{port}/api/"
        registry = open_registry(settings(**{"": url}, _user="me", _password_file=tmp_path / "password"))
        assert registry is not None
        await registry.learn([frame(1)])
        await runner.cleanup()

    asyncio.run(run())
    assert users == ["Basic bWU6c2VjcmV0"]


def test_a_registry_without_what_reads_avro_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "can_decode", lambda: False)
    with pytest.raises(RegistryError, match=r"install omnitrack\[avro\]"):
        open_registry(settings(**{"": "https://registry"}))
