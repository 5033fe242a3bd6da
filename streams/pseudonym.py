"""Identity values become pseudonyms before anything leaves ingest, where a key is configured."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from schemas.touchpoint import Touchpoint

MIN_KEY_BYTES = 16
SESSION = "session"


class PseudonymKeyError(Exception):
    """The key file cannot be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """HMAC-SHA256 of `kind:value`, the first 32 hexadecimal digits: the same person is the same pseudonym."""

    key: bytes = field(repr=False)

    def of(self, kind: str, value: str) -> str:
        return _digest(self.key, f"{kind}:{value}")

    def touchpoint(self, touchpoint: Touchpoint) -> Touchpoint:
        """The touchpoint with all identity values, that of its session among them, as pseudonyms."""
        session_id = touchpoint.session_id
        return msgspec.structs.replace(
            touchpoint,
            identities={kind: self.of(kind, value) for kind, value in touchpoint.identities.items()},
            session_id=None if session_id is None else self.session(touchpoint.channel, session_id),
        )

    def session(self, channel: str, session_id: str) -> str:
        return self.of(SESSION, f"{channel}:{session_id}")

    def record_key(self, key: bytes | None, payload: bytes) -> bytes | None:
        """A record's key as a pseudonym of the kind whose value it is in the payload, else of the kind `key`."""
        if key is None:
            return None
        text = key.decode(errors="backslashreplace")
        identities = _identities(_parse(payload))
        kind = next((kind for kind, value in identities.items() if value == text), "key")
        return self.of(kind, text).encode()

    def payload(self, payload: bytes) -> bytes:
        """The payload with pseudonyms for identity values; unchanged if it is not a JSON object."""
        message = _parse(payload)
        if message is None:
            return payload
        identities = _identities(message)
        if identities:
            message["identities"] = {kind: self.of(kind, str(value)) for kind, value in identities.items()}
        if isinstance(message.get("session_id"), str):
            message["session_id"] = self.session(str(message.get("channel")), message["session_id"])
        return msgspec.json.encode(message)


def read_pseudonyms(key_file: Path | None) -> Pseudonyms | None:
    """The pseudonyms of the key in the file (surrounding blanks ignored); None without a file: identities in clear.

    Raises `PseudonymKeyError` if the file cannot be read or its key is too short.
    """
    if key_file is None:
        return None
    try:
        key = key_file.read_bytes().strip()
    except OSError as error:
        raise PseudonymKeyError(f"OMNITRACK_PSEUDONYM_KEY_FILE: {key_file} cannot be read: {error.strerror}") from error
    if len(key) < MIN_KEY_BYTES:
        raise PseudonymKeyError(
            f"OMNITRACK_PSEUDONYM_KEY_FILE: {key_file} holds a key of {len(key)} bytes, {MIN_KEY_BYTES} are needed"
        )
    return Pseudonyms(key)


@lru_cache(maxsize=262_144)
def _digest(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()[:32]


def _parse(payload: bytes) -> dict[str, Any] | None:
    try:
        message = msgspec.json.decode(payload)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return message if isinstance(message, dict) else None


def _identities(message: dict[str, Any] | None) -> dict[str, Any]:
    identities = message.get("identities") if message is not None else None
    return identities if isinstance(identities, dict) else {}
