"""The pseudonyms that an old key made and that stay: a sorted file, searched in place.

A roster is written once, when a key is replaced (`omnitrack pseudonyms roster`), and never changes afterwards: which
key makes the pseudonym of a value is a function of the value, the keys and the roster, so no customer is ever two.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path
from typing import overload

_HEADER = b"omnitrack roster 1\n"
ENTRY_BYTES = 16
"""What is kept of a pseudonym: all of it, 32 hexadecimal digits as bytes."""


class RosterError(Exception):
    """The roster cannot be read; the text says why and what to do."""


class Roster:
    """Tells whether a pseudonym is on it; holds nothing in memory but what the system keeps of the file."""

    def __init__(self, file: Path) -> None:
        """Raises `RosterError`."""
        try:
            with file.open("rb") as opened:
                self._bytes = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise RosterError(f"OMNITRACK_PSEUDONYM_ROSTER: {file} cannot be read: {error}") from error
        self._count, rest = divmod(len(self._bytes) - len(_HEADER), ENTRY_BYTES)
        if self._bytes[: len(_HEADER)] != _HEADER or rest:
            raise RosterError(
                f"OMNITRACK_PSEUDONYM_ROSTER: {file} is no roster, or not all of one:"
                " write it again with omnitrack pseudonyms roster"
            )

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> list[bytes]: ...
    def __getitem__(self, place: int | slice) -> bytes | list[bytes]:
        if isinstance(place, slice):
            return [self[index] for index in range(*place.indices(len(self)))]
        if not 0 <= place < self._count:
            raise IndexError(place)
        start = len(_HEADER) + place * ENTRY_BYTES
        return self._bytes[start : start + ENTRY_BYTES]

    def __contains__(self, pseudonym: object) -> bool:
        entry = bytes.fromhex(str(pseudonym))
        place = bisect_left(self, entry)
        return place < self._count and self[place] == entry


def write_roster(file: Path, entries: Iterable[bytes]) -> int:
    """Write a roster of `entries`, sorted and each once; returns how many. Raises OSError.

    The file is there when it is whole. It tells no identities, but which pseudonyms there are: only its owner reads it.
    """
    draft = file.with_name(f"{file.name}.new")
    count = 0
    draft.touch(mode=0o600)
    with draft.open("wb") as opened:
        opened.write(_HEADER)
        for entry in entries:
            opened.write(entry)
            count += 1
    draft.replace(file)
    return count
