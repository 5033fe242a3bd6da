"""Signatures of Standard Webhooks, for which receivers find libraries: https://www.standardwebhooks.com"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from pathlib import Path

from schemas.secret_file import NoSecret, lines

LEAST_BYTES = 24
PREFIX = "whsec_"
HOW = f"each line {PREFIX} and at least {LEAST_BYTES} random bytes in base64: echo {PREFIX}$(openssl rand -base64 32)"


class SecretError(ValueError):
    """The file of secrets cannot be used; the message tells which line, and not what stands in it."""


def read_secrets(path: Path) -> tuple[bytes, ...]:
    """The secrets of a file, one a line: two while receivers change from one to the other. Raises `SecretError`."""
    try:
        numbered = [(number, line.strip()) for number, line in enumerate(lines(path), 1)]
    except NoSecret as error:
        raise SecretError(f"{path}: {error}; expected is {HOW}") from error
    secrets = tuple(_secret(path, number, line) for number, line in numbered if line)
    if not secrets:
        raise SecretError(f"{path}: is empty; expected is {HOW}")
    return secrets


def sign(secrets: Sequence[bytes], key: str, at: int, body: bytes) -> dict[str, str]:
    """The headers of a body that is sent at `at` (UTC s): a signature by each secret over key, time and body."""
    content = b".".join((key.encode(), str(at).encode(), body))
    made = (base64.b64encode(hmac.digest(secret, content, "sha256")).decode() for secret in secrets)
    return {
        "webhook-id": key,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in made),
    }


def _secret(path: Path, number: int, line: str) -> bytes:
    try:
        secret = base64.b64decode(line.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        secret = b""
    if not line.startswith(PREFIX) or len(secret) < LEAST_BYTES:
        raise SecretError(f"{path}:{number}: is no secret; expected is {HOW}")
    return secret
