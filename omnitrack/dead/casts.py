"""What a value of a record is cast to by a repair. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

_ZONED_TIME = re.compile(r"time([+-][0-9]{2}:[0-9]{2})")
_SECONDS_END = 10**11
"""A Unix time beyond it is in milliseconds: in seconds it would be the year 5138."""


class Uncastable(ValueError):
    """The value does not say what it is cast to."""


def is_cast(name: str) -> bool:
    """Whether there is a cast of this name: one of `CASTS`, or `time` with the offset of times that lack one."""
    return name in CASTS or _ZONED_TIME.fullmatch(name) is not None


def cast_value(value: Any, name: str) -> Any:
    """The value as the cast has it. Raises `Uncastable`."""
    zoned = _ZONED_TIME.fullmatch(name)
    try:
        return _time(value, zoned[1]) if zoned else CASTS[name](value)
    except (ValueError, TypeError, OverflowError, OSError) as error:
        raise Uncastable(name) from error


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _integer(value: Any) -> int:
    number = _number(value)
    if number != int(number):
        raise Uncastable(value)
    return int(number)


def _number(value: Any) -> float | int:
    if isinstance(value, bool):
        raise Uncastable(value)
    return value if isinstance(value, int | float) else float(str(value).strip().replace(",", ""))


def _list(value: Any) -> Sequence[Any]:
    if isinstance(value, list):
        return value
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else [value]


def _time(value: Any, offset: str = "") -> str:
    """RFC 3339 of a Unix time in seconds or milliseconds, or of a text that may lack its offset."""
    if isinstance(value, int | float) or str(value).isdecimal():
        number = float(value)
        seconds = number if number < _SECONDS_END else number / 1000
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    when = datetime.fromisoformat(str(value))
    if when.tzinfo is None:
        if not offset:
            raise Uncastable(value)
        when = datetime.fromisoformat(f"{when.isoformat()}{offset}")
    return when.isoformat(timespec="milliseconds")


CASTS: Mapping[str, Callable[[Any], Any]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "list": _list,
    "time": _time,
}
