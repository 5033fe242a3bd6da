"""What was received, out of a dead letter."""

from __future__ import annotations

from base64 import b64decode

from schemas.cloudevents import touchpoint_within
from schemas.rows import DeadLetter
from streams.pseudonym import Pseudonyms
from streams.sealing import is_sealed, unseal


def unsealed(payload: bytes, pseudonyms: Pseudonyms | None) -> bytes:
    """The payload as it was received; one that is not sealed as it is. Raises `CannotOpen`."""
    return unseal((), payload) if pseudonyms is None else pseudonyms.unseal(payload)


def touchpoint_in(letter: DeadLetter, pseudonyms: Pseudonyms | None) -> bytes:
    """What was received as a touchpoint, out of the event that it came in too. Raises `CannotOpen`."""
    return touchpoint_within(unsealed(payload_of(letter), pseudonyms))


def key_of(letter: DeadLetter) -> bytes | None:
    """The key of the input record, or its pseudonym."""
    return None if letter.key is None else b64decode(letter.key)


def payload_of(letter: DeadLetter) -> bytes:
    """The value of the input record, sealed where a pseudonymisation key is set."""
    return b64decode(letter.payload)


def is_hidden(letter: DeadLetter) -> bool:
    """Whether what it holds is only for who has the key."""
    return is_sealed(payload_of(letter))
