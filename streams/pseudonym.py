"""Identity values become pseudonyms before anything leaves ingest, where a key is configured."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec

from schemas.identity import SESSION
from schemas.touchpoint import Touchpoint
from streams.sealing import seal, unseal

OTHER_KEY = "key"
"""The kind of a record's key that is none of its identities."""


@dataclass(frozen=True, slots=True)
class OldKey:
    """The key before; the pseudonyms that it made and that are on the `roster` stay."""

    key: bytes = field(repr=False)
    roster: Container[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """HMAC-SHA256 of `kind:value`, the first 32 hexadecimal digits: the same person is the same pseudonym.

    With an `old` key, who is on its roster keeps the old pseudonym, everybody else has one of `key`.
    """

    key: bytes = field(repr=False)
    old: OldKey | None = None

    def of(self, kind: str, value: str) -> str:
        """The pseudonym of an identity: `kind` is `customer_no`, `phone`, …; 32 hexadecimal digits."""
        text = f"{kind}:{value}"
        if self.old is not None:
            former = _digest(self.old.key, text)
            if former in self.old.roster:
                return former
        return _digest(self.key, text)

    def touchpoint(self, touchpoint: Touchpoint) -> Touchpoint:
        """The touchpoint with all identity values, that of its session among them, as pseudonyms."""
        session_id = touchpoint.session_id
        return msgspec.structs.replace(
            touchpoint,
            identities={kind: self.of(kind, value) for kind, value in touchpoint.identities.items()},
            session_id=None if session_id is None else self.session(touchpoint.channel, session_id),
        )

    def session(self, channel: str, session_id: str) -> str:
        """The pseudonym of a session, which is known by its channel and its identifier together."""
        return self.of(SESSION, f"{channel}:{session_id}")

    def record_key(self, key: bytes | None, identities: Mapping[str, Any]) -> bytes | None:
        """A record's key as a pseudonym of the kind whose value it is among its identities, else of `OTHER_KEY`."""
        if key is None:
            return None
        text = key.decode(errors="backslashreplace")
        kind = next((kind for kind, value in identities.items() if value == text), OTHER_KEY)
        return self.of(kind, text).encode()

    def masked(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """A touchpoint's JSON object, valid or not, with pseudonyms where it has identity values."""
        shown = dict(message)
        identities = identities_in(message)
        if identities:
            shown["identities"] = {kind: self.of(kind, str(value)) for kind, value in identities.items()}
        if isinstance(shown.get("session_id"), str):
            shown["session_id"] = self.session(str(shown.get("channel")), shown["session_id"])
        return shown

    def seal(self, payload: bytes) -> bytes:
        """The payload so that only who holds the key can read it: the same bytes each time."""
        return seal(self.key, payload)

    def unseal(self, payload: bytes) -> bytes:
        """What was sealed with this key, or with the old one. Raises `CannotOpen`."""
        return unseal((self.key,) if self.old is None else (self.key, self.old.key), payload)


def identities_in(payload: bytes | Mapping[str, Any]) -> Mapping[str, Any]:
    """The identities that a record names, whatever else is wrong with it."""
    message: Any = payload
    if isinstance(payload, bytes):
        try:
            message = msgspec.json.decode(payload)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return {}
    identities = message.get("identities") if isinstance(message, dict) else None
    return identities if isinstance(identities, dict) else {}


@lru_cache(maxsize=262_144)
def _digest(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()[:32]
