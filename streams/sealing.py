"""What was received, kept so that only who holds the key can read it.

AES-SIV (RFC 5297) is authenticated and needs no nonce: a replay seals the same bytes to the same bytes, as rows that
are sent twice must be equal. What follows of it is that equal payloads are seen to be equal, and nothing else.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_MARK = b"omnitrack sealed 1:"
_PURPOSE = b"omnitrack: payloads of dead letters, 1"
_KEY_BYTES = 64


class CannotOpen(Exception):
    """None of the keys at hand sealed the payload; the text says what to do."""


def seal(key: bytes, payload: bytes) -> bytes:
    """The payload sealed with a key derived from `key`; nothing stays nothing."""
    return _MARK + _cipher(key).encrypt(payload, None) if payload else payload


def is_sealed(payload: bytes) -> bool:
    """Whether the bytes are sealed by `seal`, with whichever key."""
    return payload.startswith(_MARK)


def unseal(keys: tuple[bytes, ...], payload: bytes) -> bytes:
    """What was sealed with one of `keys`; what is not sealed as it is. Raises `CannotOpen`."""
    if not is_sealed(payload):
        return payload
    for key in keys:
        try:
            return _cipher(key).decrypt(payload[len(_MARK) :], None)
        except InvalidTag:
            continue
    raise CannotOpen(
        "it is sealed with the pseudonymisation key of its time: give that as OMNITRACK_PSEUDONYM_KEY_FILE,"
        " or as OMNITRACK_PSEUDONYM_OLD_KEY_FILE if there is a newer one"
    )


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> AESSIV:
    return AESSIV(HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=_PURPOSE).derive(key))
