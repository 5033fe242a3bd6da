"""What an importer says of the lines it reads: touchpoints, and for each line exactly one verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Payload = bytes | Mapping[str, object]
"""A touchpoint as its file has it, byte for byte, or as the fields of the contract's JSON object."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line, counted from 1, of a file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Imported:
    """A touchpoint and the line it comes from; one line may give several."""

    place: Place
    payload: Payload


@dataclass(frozen=True, slots=True)
class Used:
    """Verdict: the line is in some touchpoint. `repairs` are the reasons of what had to be mended or left out of it."""

    place: Place
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoTouchpoint:
    """Verdict: the line is well formed but, by our reading of its format, tells of nothing on a channel."""

    place: Place
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Verdict: the line breaks its format. `error` reads `field: what is wrong`; `content` is the line itself."""

    place: Place
    reason: str
    error: str
    content: bytes


Verdict = Used | NoTouchpoint | Refused
Outcome = Imported | Verdict
