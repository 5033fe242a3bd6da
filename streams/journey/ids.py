"""Identifiers: UUIDv5 in the project's namespace, of parts joined by the unit separator."""

from __future__ import annotations

from hashlib import sha1
from uuid import UUID

NAMESPACE = UUID("6b1c7a52-2f0e-5d7b-9a53-0c6c7b1f4e10")

_PREFIX = sha1(NAMESPACE.bytes, usedforsecurity=False)


def identifier(*parts: str) -> str:
    """`str(uuid5(NAMESPACE, "\\x1f".join(parts)))`, at a third of its price."""
    digest = _PREFIX.copy()
    digest.update("\x1f".join(parts).encode())
    raw = int.from_bytes(digest.digest()[:16])
    raw = raw & ~(0xF000 << 64) & ~(0xC000 << 48) | 0x5000 << 64 | 0x8000 << 48
    text = f"{raw:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
