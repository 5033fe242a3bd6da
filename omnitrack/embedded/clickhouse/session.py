"""One client's session with the engine: settings, statements, rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from chdb import ChdbError
from chdb.state.sqlitelike import Connection, StreamingResult

from omnitrack.embedded.clickhouse.blocks import Column, Header, native_header
from omnitrack.embedded.clickhouse.definitions import Definitions
from omnitrack.embedded.clickhouse.statements import (
    Insert,
    awaits_data,
    deduplication_query,
    insert_from_file,
    is_insert,
    leaves_definitions,
    mentions_format,
    parse_insert,
    quoted_name,
    quoted_text,
    sample_query,
    table_from_file,
    without_format,
)

UNKNOWN_SETTING = 115
QUERY_WAS_CANCELLED = 394
_UNKNOWN_EXCEPTION = 1002
_READ_ONLY = "readonly"
_ERROR = re.compile(r"Code: (\d+)\. (.*)", re.DOTALL)
_NOT_STREAMED = "Streaming query is not supported"
# An INSERT's rows come after its head, which is all that is looked at.
_HEAD = 100_000
# A client that inserts says the same few statements again and again.
_REMEMBERED = 16


class QueryFailedError(Exception):
    """The engine refused or gave up a query: ClickHouse's code and text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"Code: {code}. {text}")
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a result in Native format, and what was read and written for it."""

    native: bytes
    rows: int = 0
    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0


class Session:
    """Runs one query after another, for one thread. `name` is what `Engine.kill` knows its queries by.

    Settings of a query stay until a query comes without them, as clients send the same ones with each query.
    `definitions` are those that all sessions of the engine share.
    """

    def __init__(self, connect: Callable[[], Connection], name: str, definitions: Definitions) -> None:
        self.name = name
        self._connect = connect
        self._definitions = definitions
        self._applied: dict[str, str] = {}
        self._parsed_insert = lru_cache(_REMEMBERED)(self._parse_insert)
        self._deduplicates = lru_cache(_REMEMBERED)(self._ask_whether_deduplicated)
        self._columns_taken = lru_cache(_REMEMBERED)(self._ask_for_columns)
        self._chdb = self._open()

    def close(self) -> None:
        """Give back the engine's connection, and with it temporary tables."""
        self._chdb.close()

    def use(self, database: str) -> None:
        """Make a database the current one. Raises QueryFailedError where there is none such."""
        self._execute(f"USE {quoted_name(database)}")

    @contextmanager
    def settings(self, settings: Mapping[str, str], important: frozenset[str]) -> Iterator[None]:
        """Have a query's settings in force. Raises QueryFailedError; unknown ones matter if they are `important`."""
        wanted = {name: value for name, value in settings.items() if name != "log_comment"}
        if _READ_ONLY not in wanted:
            self._apply(wanted, important)
            yield
            return
        with self._aside():
            read_only = wanted.pop(_READ_ONLY)
            self._apply(wanted, important)
            self._execute(f"SET readonly = {quoted_text(read_only)}")
            yield

    def insert_awaiting_data(self, text: str) -> Insert | None:
        """The INSERT whose rows the client is going to send, or None for any other statement."""
        if not is_insert(text) or not awaits_data(text):
            return None
        return self._parsed_insert(text[:_HEAD])

    def columns_taken(self, insert: Insert) -> Header:
        """The columns an INSERT takes. Raises QueryFailedError."""
        if insert.is_into_function:
            return self._columns_of(sample_query(insert), {})
        return self._columns_taken(insert, self._definitions.state)

    def insert_file(self, insert: Insert, header: Header, path: Path) -> Generator[Chunk]:
        """Run an INSERT with the rows of a file in Native format. Raises QueryFailedError.

        The engine has an INSERT fed by blocks as well (`send_insert`), but what fails after its rows were parsed,
        such as a constraint or a materialised view, goes unreported there, and acknowledged rows are lost.
        """
        query = insert_from_file(insert, header, str(path), deduplicate=self._deduplicates(insert))
        # What was read are the client's own rows.
        yield replace(self._run_at_once(query, {}), read_rows=0, read_bytes=0)

    def make_table(self, name: str, header: Header, path: Path) -> None:
        """Make a temporary table of a file in Native format. Raises QueryFailedError."""
        self._forget()
        self._execute(table_from_file(name, header, str(path)))

    def drop_table(self, name: str) -> None:
        """Drop a temporary table. Raises QueryFailedError."""
        self._forget()
        self._execute(f"DROP TEMPORARY TABLE IF EXISTS {quoted_name(name)}")

    def run(self, text: str, parameters: Mapping[str, str]) -> Generator[Chunk]:
        """The result of a statement, piece by piece; a SELECT without rows has a piece with its columns.

        Raises QueryFailedError, also in the midst of the result. Giving up the iterator ends the query.
        """
        self._forget()
        query = without_format(self._formatted(text)) if mentions_format(text) and not is_insert(text) else text
        try:
            yield from self._results(query, parameters)
        finally:
            if not leaves_definitions(text):
                self._definitions.may_have_changed()

    def _results(self, query: str, parameters: Mapping[str, str]) -> Generator[Chunk]:
        try:
            stream = self._chdb.send_query(query, "Native", params=dict(parameters))
        except ChdbError as error:
            if _NOT_STREAMED not in str(error):
                raise _failure(error) from error
            yield self._run_at_once(query, parameters)
            return
        yield from self._pieces(stream, query, parameters)

    def _pieces(self, stream: StreamingResult, query: str, parameters: Mapping[str, str]) -> Generator[Chunk]:
        some = False
        with _told(), closing(stream):
            for result in stream:
                some = True
                yield _chunk(result)
        if not some:
            yield Chunk(native_header(self._columns_of(query, parameters)))

    def _run_at_once(self, query: str, parameters: Mapping[str, str]) -> Chunk:
        with _told():
            return _chunk(self._chdb.query(query, "Native", params=dict(parameters)))

    def _columns_of(self, query: str, parameters: Mapping[str, str]) -> Header:
        described = f"DESCRIBE (\n{query.rstrip().rstrip(';')}\n)"
        with _told():
            lines = self._chdb.query(described, "JSONCompactEachRow", params=dict(parameters)).bytes()
        rows = (msgspec.json.decode(line, type=tuple[str, ...]) for line in lines.splitlines())
        return tuple(Column(row[0], row[1]) for row in rows)

    def _parse_insert(self, head: str) -> Insert | None:
        return parse_insert(self._formatted(head))

    def _ask_whether_deduplicated(self, insert: Insert) -> bool:
        return self._text_of(deduplication_query(insert)) == "1"

    def _ask_for_columns(self, insert: Insert, _definitions: object) -> Header:
        """What an INSERT takes while the definitions are in this state."""
        return self._columns_of(sample_query(insert), {})

    def _forget(self) -> None:
        """Take nothing as known any more: a statement, such as SET, or other settings may have changed it."""
        self._columns_taken.cache_clear()
        self._parsed_insert.cache_clear()
        self._deduplicates.cache_clear()

    def _formatted(self, text: str) -> str:
        """The statement as the engine writes it; as it is where the engine cannot read it, to say so when it runs."""
        formatter = f"SELECT ifNull(formatQuerySingleLineOrNull({quoted_text(text)}), '')"
        try:
            return self._text_of(formatter) or text
        except QueryFailedError:
            return text

    def _text_of(self, query: str) -> str:
        with _told():
            return str(self._chdb.query(query, "TabSeparatedRaw")).rstrip("\n")

    def _execute(self, statement: str) -> None:
        with _told():
            self._chdb.query(statement, "Null")

    def _apply(self, wanted: Mapping[str, str], important: frozenset[str]) -> None:
        if wanted == self._applied:
            return
        self._forget()
        for name in self._applied.keys() - wanted.keys():
            self._execute(f"SET {name} = DEFAULT")
        self._applied = {}
        for name, value in wanted.items():
            self._set(name, value, important)
        self._applied = dict(wanted)

    def _set(self, name: str, value: str, important: frozenset[str]) -> None:
        try:
            self._execute(f"SET {quoted_name(name)} = {quoted_text(value)}")
        except QueryFailedError as failure:
            if failure.code != UNKNOWN_SETTING or name in important:
                raise

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Another connection for a while: what makes a connection read-only cannot be taken back."""
        database = self._text_of("SELECT currentDatabase()")
        own, own_applied = self._chdb, self._applied
        self._chdb, self._applied = self._open(), {}
        self._forget()
        try:
            self.use(database)
            yield
        finally:
            self._chdb.close()
            self._chdb, self._applied = own, own_applied
            self._forget()

    def _open(self) -> Connection:
        chdb = self._connect()
        # By this a running query is found; the engine has no query log that a client's own comment would go to.
        chdb.query(f"SET log_comment = {quoted_text(self.name)}", "Null")
        return chdb


def _chunk(result: Any) -> Chunk:
    return Chunk(
        native=bytes(result.bytes()),
        rows=result.rows_read(),
        read_rows=result.storage_rows_read(),
        read_bytes=result.storage_bytes_read(),
        written_rows=result.rows_written(),
        written_bytes=result.bytes_written(),
    )


@contextmanager
def _told() -> Iterator[None]:
    """Within, what the engine raises is raised as a `QueryFailedError`."""
    try:
        yield
    except ChdbError as error:
        raise _failure(error) from error


def _failure(error: ChdbError) -> QueryFailedError:
    match = _ERROR.search(str(error))
    if match is None:
        return QueryFailedError(_UNKNOWN_EXCEPTION, f"DB::Exception: {error}")
    return QueryFailedError(int(match[1]), match[2])
