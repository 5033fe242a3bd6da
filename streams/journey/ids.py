"""Identifiers: UUIDv5 in the project's namespace, of parts joined by the unit separator."""

from __future__ import annotations

from hashlib import sha1
from uuid import UUID

NAMESPACE = UUID("6b1c7a52-2f0e-5d7b-9a53-0c6c7b1f4e10")

_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
_PREFIX = sha1(NAMESPACE.bytes, usedforsecurity=False)


def identifier(*parts: str) -> str:
    """`str(uuid5(NAMESPACE, "\\x1f".join(parts)))`, at a third of its price."""
    digest = _PREFIX.copy()
    digest.update("\x1f".join(parts).encode())
    text = digest.hexdigest()
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"
