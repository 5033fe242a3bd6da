"""One client's connection: its packets answered one after the other, in a thread of its own."""

from __future__ import annotations

import socket
from collections.abc import Generator
from contextlib import ExitStack, closing
from functools import partial
from time import perf_counter

import structlog
from clickhouse_driver import errors as driver_errors

from omnitrack.embedded.clickhouse import protocol
from omnitrack.embedded.clickhouse.blocks import Header, empty_block, skip_block_info, skip_empty_block, wire_blocks
from omnitrack.embedded.clickhouse.columns import UnsupportedTypeError, layout_of
from omnitrack.embedded.clickhouse.compression import compress, decompressing
from omnitrack.embedded.clickhouse.engine import Engine
from omnitrack.embedded.clickhouse.interrupts import Interrupts
from omnitrack.embedded.clickhouse.protocol import FromClient, Progress, ProtocolError, Query
from omnitrack.embedded.clickhouse.session import QUERY_WAS_CANCELLED, Chunk, QueryFailedError, Session
from omnitrack.embedded.clickhouse.spool import Spool, spooled
from omnitrack.embedded.clickhouse.statements import Insert
from omnitrack.embedded.clickhouse.wire import WireReader

_RECEIVE_BYTES = 1 << 20
_UNEXPECTED_PACKET = 101
_NOT_IMPLEMENTED = 48
_SHOWN_TEXT = 300

logger = structlog.get_logger(__name__)


class Connection:
    """Speaks with one client until it leaves, breaks the protocol, or the socket is shut down."""

    def __init__(self, client: socket.socket, engine: Engine, interrupts: Interrupts) -> None:
        self._client = client
        self._engine = engine
        self._interrupts = interrupts
        self._reader = WireReader(lambda: client.recv(_RECEIVE_BYTES))
        self._revision = protocol.OLDEST_REVISION

    def serve(self) -> None:
        """Answer the client's packets until its end; never raises for what a client does."""
        try:
            with closing(self._engine.open_session()) as session:
                self._greet(session)
                while True:
                    self._answer_packet(session)
        except (EOFError, OSError):
            return
        except QueryFailedError as failure:
            self._refuse(failure.code, failure.text)
        except (ProtocolError, ValueError, driver_errors.Error) as error:
            self._refuse(_UNEXPECTED_PACKET, f"DB::Exception: {error}")
        except UnsupportedTypeError as error:
            self._refuse(_NOT_IMPLEMENTED, f"DB::Exception: {error}")

    def _refuse(self, code: int, text: str) -> None:
        """Say why the connection ends: where the next packet begins is not known any more."""
        logger.warning("connection refused", code=code, error=text)
        try:
            self._client.sendall(protocol.exception_packet(code, text))
        except OSError:
            return

    def _greet(self, session: Session) -> None:
        hello = protocol.read_hello(self._reader)
        self._revision = hello.revision
        if hello.database:
            session.use(hello.database)
        self._client.sendall(protocol.hello_packet(self._engine.version, self._engine.time_zone))
        protocol.read_addendum(self._reader, self._revision)

    def _answer_packet(self, session: Session) -> None:
        match self._reader.varint():
            case FromClient.PING:
                self._client.sendall(protocol.pong_packet())
            case FromClient.QUERY:
                self._answer_query(session, protocol.read_query(self._reader, self._revision))
            case FromClient.CANCEL:
                pass  # of a query that has ended in the meantime
            case unknown:
                raise ProtocolError(f"packet {unknown} was not expected")

    def _answer_query(self, session: Session, query: Query) -> None:
        started = perf_counter()
        try:
            with ExitStack() as stack:
                tables = self._receive_tables(stack, query)
                stack.enter_context(session.settings(query.settings, query.important))
                self._run(session, query, tables)
        except QueryFailedError as failure:
            seconds = round(perf_counter() - started, 3)
            text = query.text[:_SHOWN_TEXT]
            logger.warning("query failed", code=failure.code, error=failure.text, query=text, seconds=seconds)
            self._client.sendall(protocol.exception_packet(failure.code, failure.text))

    def _run(self, session: Session, query: Query, tables: dict[str, Spool]) -> None:
        with ExitStack() as stack:
            for name, spool in tables.items():
                session.make_table(name, spool.header, spool.finished())
                stack.callback(session.drop_table, name)
            insert = session.insert_awaiting_data(query.text)
            if insert is None:
                self._send_result(session, query, session.run(query.text, query.parameters))
            else:
                self._answer_insert(session, query, insert)

    def _answer_insert(self, session: Session, query: Query, insert: Insert) -> None:
        columns = session.columns_taken(insert)
        _check_supported(columns)
        self._send_block(empty_block(columns, marks=self._has_marks), query)
        with spooled(self._engine.incoming) as spool:
            if self._receive_rows(spool, query):
                self._send_result(session, query, session.insert_file(insert, spool.header, spool.finished()))
            else:
                self._client.sendall(protocol.end_of_stream_packet())

    def _receive_rows(self, spool: Spool, query: Query) -> bool:
        """Take an INSERT's blocks; False if there is nothing to insert: no rows, or the client has changed its mind."""
        while True:
            match self._reader.varint():
                case FromClient.DATA:
                    self._reader.string()
                    more = spool.add(self._block_reader(query), marks=self._has_marks)
                    if self._revision >= protocol.PROFILE_EVENTS_IN_INSERT:
                        self._client.sendall(protocol.profile_events_packet(empty_block((), marks=False)))
                    if not more:
                        return spool.rows > 0
                case FromClient.CANCEL:
                    return False
                case unknown:
                    raise ProtocolError(f"packet {unknown} was not expected among the blocks of an INSERT")

    def _receive_tables(self, stack: ExitStack, query: Query) -> dict[str, Spool]:
        """The external tables that come with a query; a block without a name ends them, also where there are none."""
        tables: dict[str, Spool] = {}
        while True:
            packet, name = self._reader.varint(), self._reader.string()
            if packet != FromClient.DATA:
                raise ProtocolError(f"packet {packet} was not expected after a query")
            reader = self._block_reader(query)
            if not name:
                skip_empty_block(reader)
                return tables
            if name not in tables:
                tables[name] = stack.enter_context(spooled(self._engine.incoming))
            tables[name].add(reader, marks=self._has_marks)

    def _send_result(self, session: Session, query: Query, chunks: Generator[Chunk]) -> None:
        rows = blocks = size = 0
        with (
            self._interrupts.watching(self._client, partial(self._engine.kill, session.name)) as watch,
            closing(chunks),
        ):
            try:
                for chunk in chunks:
                    if watch.interrupted:
                        break
                    blocks += self._send_chunk(chunk, query, first=not blocks)
                    rows, size = rows + chunk.rows, size + len(chunk.native)
            except QueryFailedError as failure:
                if not watch.interrupted or failure.code != QUERY_WAS_CANCELLED:
                    raise
        # Of what gives no result, an INSERT above all, clients expect no profile.
        profile = protocol.profile_packet(rows, blocks, size) if blocks else b""
        self._client.sendall(profile + protocol.end_of_stream_packet())

    def _send_chunk(self, chunk: Chunk, query: Query, *, first: bool) -> int:
        """Send a piece of the result and what was done for it; returns its number of blocks.

        The first block of a result stands after one without rows: from that clients learn the columns.
        """
        done = Progress(chunk.read_rows, chunk.read_bytes, chunk.written_rows, chunk.written_bytes)
        self._client.sendall(protocol.progress_packet(done, self._revision))
        blocks = 0
        try:
            for block in wire_blocks(chunk.native, marks=self._has_marks):
                if first and not blocks:
                    self._send_block(empty_block(block.header, marks=self._has_marks), query)
                if block.rows:
                    self._send_block(block.data, query)
                blocks += 1
        except UnsupportedTypeError as error:
            raise QueryFailedError(_NOT_IMPLEMENTED, f"DB::Exception: {error}") from error
        return blocks

    def _send_block(self, block: bytes, query: Query) -> None:
        self._client.sendall(protocol.data_packet_start() + (compress(block) if query.compressed else block))

    def _block_reader(self, query: Query) -> WireReader:
        reader = decompressing(self._reader) if query.compressed else self._reader
        skip_block_info(reader)
        return reader

    @property
    def _has_marks(self) -> bool:
        return self._revision >= protocol.COLUMN_MARKS


def _check_supported(columns: Header) -> None:
    try:
        for column in columns:
            layout_of(column.type)
    except UnsupportedTypeError as error:
        raise QueryFailedError(_NOT_IMPLEMENTED, f"DB::Exception: {error}") from error
