"""The values and the strictness that the sections of the catalogue's file share."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from schemas.durations import DAY, HOUR, MINUTE, SECOND

LONGEST_DURATION = 36_500 * DAY

_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhd])")


def parse_duration(value: object) -> int:
    """Milliseconds of `<number><s|m|h|d>`. Raises `PydanticCustomError` for anything else, and beyond 36500d."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) and len(value) <= 32 else None
    if match is None:
        raise PydanticCustomError("duration", "must be a duration <number><s|m|h|d>, such as 90s, 30m, 72h or 45d")
    milliseconds = round(float(match[1]) * _UNITS[match[2]])
    if milliseconds > LONGEST_DURATION:
        raise PydanticCustomError("duration", "must be at most 36500d")
    return milliseconds


Duration = Annotated[int, BeforeValidator(parse_duration)]


SECTION = ConfigDict(extra="forbid", strict=True, frozen=True)
"""How every section of the file is read."""
