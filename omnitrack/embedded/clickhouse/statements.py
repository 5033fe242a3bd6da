"""What the server must know of a statement's text; the engine's own formatter has brought it into one shape."""

from __future__ import annotations

import re
from dataclasses import dataclass

from omnitrack.embedded.clickhouse.blocks import Header

_COMMENT_OR_SPACE = r"(?:\s|--[^\n]*(?:\n|$)|#![^\n]*(?:\n|$)|/\*(?:(?!\*/).)*\*/)"
_INSERT = re.compile(rf"{_COMMENT_OR_SPACE}*INSERT\b", re.IGNORECASE | re.DOTALL)
_LEAVES_DEFINITIONS = re.compile(
    rf"{_COMMENT_OR_SPACE}*(?:SELECT|WITH|INSERT|SHOW|DESC|DESCRIBE|EXISTS|EXPLAIN|SET|USE)\b",
    re.IGNORECASE | re.DOTALL,
)
_FORMAT_WORD = re.compile(r"\bFORMAT\b", re.IGNORECASE)
_AWAITS_DATA = re.compile(r"(?:\bVALUES|\bFORMAT\s+\w+)[\s;]*$", re.IGNORECASE)
_FUNCTION = "FUNCTION "
_IDENTIFIER = r"(?:`(?:\\.|[^`\\])*`|\w+)"
_FORMATTED_INSERT = re.compile(
    rf"INSERT INTO (?P<table>(?:FUNCTION .+?|{_IDENTIFIER}(?:\.{_IDENTIFIER})?))"
    r"(?: \((?P<columns>(?:`(?:\\.|[^`\\])*`|[^`])*)\))?(?: SETTINGS (?P<settings>.*))? FORMAT \w+",
    re.DOTALL,
)
# Settings with quotes are left alone: they could be the inside of a string.
_FORMATTED_TAIL = re.compile(
    r"(?: INTO OUTFILE '(?:\\.|[^'\\])*'[ A-Z]*)? FORMAT \w+(?P<settings>(?: SETTINGS [\w =,.]+)?)$"
)


@dataclass(frozen=True, slots=True)
class Insert:
    """An INSERT whose rows the client sends. `table` and `columns` are SQL; no columns means all that can be given."""

    table: str
    columns: str
    settings: str

    @property
    def is_into_function(self) -> bool:
        """Whether it goes to a table function, which has no definition of its own."""
        return self.table.startswith(_FUNCTION)


def is_insert(text: str) -> bool:
    """Whether the statement inserts, so that data may follow."""
    return _INSERT.match(text) is not None


def leaves_definitions(text: str) -> bool:
    """Whether no table can be another one after the statement; False where that is not seen at once."""
    is_one = ";" not in text.rstrip().rstrip(";")
    return is_one and _LEAVES_DEFINITIONS.match(text) is not None


def awaits_data(text: str) -> bool:
    """Whether an INSERT's text ends where its rows would begin."""
    return _AWAITS_DATA.search(text) is not None


def mentions_format(text: str) -> bool:
    """Whether the statement may choose a format of its own."""
    return _FORMAT_WORD.search(text) is not None


def without_format(formatted: str) -> str:
    """A formatted query without FORMAT and INTO OUTFILE, which are the client's business."""
    return _FORMATTED_TAIL.sub(r"\g<settings>", formatted)


def parse_insert(formatted: str) -> Insert | None:
    """The parts of a formatted INSERT, or None where it is one with SELECT or from a file."""
    match = _FORMATTED_INSERT.fullmatch(formatted)
    if match is None:
        return None
    return Insert(match["table"], match["columns"] or "*", match["settings"] or "")


def sample_query(insert: Insert) -> str:
    """The query whose result's columns are the ones an INSERT takes."""
    table = insert.table.removeprefix(_FUNCTION)
    return f"SELECT {insert.columns} FROM {table}"  # noqa: S608 - SQL of the client's own


def deduplication_query(insert: Insert) -> str:
    """The query that tells whether an INSERT drops blocks that its table has had before, where that remembers them."""
    settings = f" SETTINGS {insert.settings}" if insert.settings else ""
    return (
        f"SELECT toUInt8(getSetting('insert_deduplicate') AND getSetting('deduplicate_insert') != 'disable'){settings}"
    )


def insert_from_file(insert: Insert, header: Header, path: str, *, deduplicate: bool) -> str:
    """The INSERT that takes its rows from a file in Native format."""
    names = ", ".join(quoted_name(column.name) for column in header)
    structure = ", ".join(f"{quoted_name(column.name)} {column.type}" for column in header)
    source = f"file({quoted_text(path)}, 'Native', {quoted_text(structure)})"
    # The rows of a SELECT have a setting of their own for this, and another default than a client's.
    mode = "enable_even_for_bad_queries" if deduplicate else "disable"
    settings = f"deduplicate_insert_select = '{mode}'"
    all_settings = f"{insert.settings}, {settings}" if insert.settings else settings
    return f"INSERT INTO {insert.table} ({names}) SETTINGS {all_settings} SELECT {names} FROM {source}"  # noqa: S608 - quoted


def table_from_file(name: str, header: Header, path: str) -> str:
    """The temporary table that holds a file in Native format: one of a query's external tables."""
    structure = ", ".join(f"{quoted_name(column.name)} {column.type}" for column in header)
    source = f"file({quoted_text(path)}, 'Native', {quoted_text(structure)})"
    return f"CREATE TEMPORARY TABLE {quoted_name(name)} ENGINE = Memory AS SELECT * FROM {source}"  # noqa: S608 - quoted


def quoted_text(text: str) -> str:
    """A string literal of SQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def quoted_name(name: str) -> str:
    """An identifier of SQL."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"
