"""Times that people give to commands."""

from __future__ import annotations

from datetime import datetime


def parse_time(text: str, option: str) -> int:
    """UTC milliseconds of an RFC 3339 time. Raises ValueError that names the `option` it was given by."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{option}: {text!r} is no time: give one such as 2026-04-01T09:00:00+08:00") from error
    if when.tzinfo is None:
        raise ValueError(f"{option}: {text!r} has no offset: add one such as +08:00 or Z")
    return int(when.timestamp() * 1000)
