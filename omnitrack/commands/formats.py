"""How commands print what they report."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """How a command prints what it found."""

    TABLE = "table"
    JSON = "json"


class RowFormat(StrEnum):
    """How a command prints rows that others may go on with."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
