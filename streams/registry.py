"""The schema registry of a deployment: Confluent's REST API, which Karapace and Apicurio serve too."""

from __future__ import annotations

import asyncio
import json
import math
import ssl
import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import aiohttp
from pydantic import AfterValidator, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.secret_file import NoSecret, first_line
from streams.avro import EXTRA, Frames, can_decode, schema_ids

SECONDS = 10.0
"""How long an answer may take."""
ASK_AGAIN_SECONDS = 30.0
"""After which a schema that the registry did not know is asked for once more."""
_MOST_AT_ONCE = 8
_SCHEMA_NOT_FOUND = 40403
_PREFIX = "OMNITRACK_SCHEMA_REGISTRY"


class RegistryUnavailable(Exception):
    """The registry did not answer as one: infrastructure failed, and the records wait."""


class RegistryError(Exception):
    """The settings of the registry cannot be used; the text says why and what to do."""


def _checked(url: str) -> str | None:
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{_PREFIX}: must be the URL of a registry's API, such as https://registry.bank.example:8081")
    if "@" in parts.netloc:
        raise ValueError(f"{_PREFIX}: take user and password out of the URL, into {_PREFIX}_USER and …_PASSWORD_FILE")
    return url.rstrip("/")


class RegistrySettings(BaseSettings):
    """Where the registry is, and as whom it is asked; without a URL there is none."""

    model_config = SettingsConfigDict(env_prefix="OMNITRACK_", frozen=True, extra="ignore", hide_input_in_errors=True)

    schema_registry: Annotated[str | None, AfterValidator(lambda url: _checked(url or ""))] = None
    schema_registry_user: str | None = None
    schema_registry_password: SecretStr | None = None
    schema_registry_password_file: Path | None = None
    schema_registry_ca_file: Path | None = None


def open_registry(settings: RegistrySettings) -> Registry | None:
    """The configured registry, not yet asked anything; None without one. Raises `RegistryError`."""
    url = settings.schema_registry
    if url is None:
        return None
    if not can_decode():
        raise RegistryError(f"{_PREFIX} is set, and what reads Avro is not installed: install {EXTRA}")
    return Registry(url, _authorization(settings), _trusting(settings.schema_registry_ca_file))


class Registry:
    """Teaches `frames` the schemas of what comes.

    `url` is that of the API, without a slash at its end; `authorization` goes along as the header of this name.
    """

    def __init__(self, url: str, authorization: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.frames = Frames()
        self._url = url
        self._headers = {} if authorization is None else {"Authorization": authorization}
        self._tls = tls
        self._missing: dict[int, float] = {}

    async def learn(self, values: Iterable[bytes | None]) -> None:
        """Return once the schema of each frame among `values` is known, or known to be missing.

        Raises `RegistryUnavailable`; what was learnt by then stays learnt.
        """
        long_ago = time.monotonic() - ASK_AGAIN_SECONDS
        wanted = {
            schema_id
            for schema_id in schema_ids(values)
            if not self.frames.knows(schema_id) or self._missing.get(schema_id, math.inf) < long_ago
        }
        if not wanted:
            return
        connector = aiohttp.TCPConnector(limit=_MOST_AT_ONCE, ssl=self._tls if self._tls is not None else True)
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout, headers=self._headers) as session:
            await asyncio.gather(*(self._learn(session, schema_id) for schema_id in sorted(wanted)))

    async def _learn(self, session: aiohttp.ClientSession, schema_id: int) -> None:
        found = await self._get(session, f"/schemas/ids/{schema_id}")
        self._missing.pop(schema_id, None)
        if found is None:
            self._missing[schema_id] = time.monotonic()
            self.frames.learn_refusal(schema_id, "is not known there: was it written for another registry?")
        elif found.get("schemaType", "AVRO") != "AVRO":
            self.frames.learn_refusal(schema_id, "is no Avro schema: touchpoints come as Avro, or as plain JSON")
        else:
            texts: dict[tuple[str, int], str] = {}
            await self._resolve(session, found, texts)
            self.frames.learn(schema_id, [*texts.values(), found["schema"]])

    async def _resolve(
        self, session: aiohttp.ClientSession, found: Mapping[str, Any], texts: dict[tuple[str, int], str]
    ) -> None:
        """Add to `texts` the schemas that one refers to, each after those that it refers to itself."""
        for reference in found.get("references") or ():
            place = (reference["subject"], reference["version"])
            if place in texts:
                continue
            subject, version = quote(place[0], safe=""), place[1]
            referred = await self._get(session, f"/subjects/{subject}/versions/{version}")
            if referred is None:
                raise RegistryUnavailable(f"{self._url}: has no version {version} of {place[0]}, which a schema needs")
            await self._resolve(session, referred, texts)
            texts[place] = referred["schema"]

    async def _get(self, session: aiohttp.ClientSession, path: str) -> Mapping[str, Any] | None:
        """The answer's object; None where the registry says that it has no such schema."""
        try:
            async with session.get(self._url + path, allow_redirects=False) as answer:
                status, text = answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise RegistryUnavailable(f"{self._url}: {type(error).__name__}: {error}") from error
        body = _object(text)
        if status == HTTPStatus.NOT_FOUND and body.get("error_code") == _SCHEMA_NOT_FOUND:
            return None
        if status != HTTPStatus.OK or not isinstance(body.get("schema"), str):
            advice = f"is {_PREFIX} its API, and are {_PREFIX}_USER and its password right?"
            raise RegistryUnavailable(f"{self._url} answered {status} to {path}, and no schema: {advice}")
        return body


def _object(text: bytes) -> Mapping[str, Any]:
    """The JSON object that a text is; an empty one if it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _authorization(settings: RegistrySettings) -> str | None:
    user, file = settings.schema_registry_user, settings.schema_registry_password_file
    given = settings.schema_registry_password
    if given is not None and file is not None:
        raise RegistryError(f"{_PREFIX}_PASSWORD and {_PREFIX}_PASSWORD_FILE are both set: keep one")
    if user is None:
        if given is not None or file is not None:
            raise RegistryError(f"{_PREFIX}_USER is missing: there is a password, and nobody whose it is")
        return None
    if file is None:
        return aiohttp.encode_basic_auth(user, "" if given is None else given.get_secret_value())
    try:
        return aiohttp.encode_basic_auth(user, first_line(file))
    except NoSecret as error:
        raise RegistryError(f"{_PREFIX}_PASSWORD_FILE={file}: {error}") from error


def _trusting(ca_file: Path | None) -> ssl.SSLContext | None:
    try:
        return None if ca_file is None else ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise RegistryError(f"{_PREFIX}_CA_FILE={ca_file}: holds no certificate in PEM that can be read") from error
