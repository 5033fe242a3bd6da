"""A broker's answers, each received where it stays: the driver's stream copies what a fetch brings three times more."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

from streams.batching.built import core

SMALL = 65_536
"""Bytes of an answer that is received together with others, its length included."""

_LENGTH = 4

Receive = Callable[[bytearray, int], int]
"""Receives what there is into a buffer that is filled so far, and tells how far it is then."""


class FrameProtocol(asyncio.BufferedProtocol):
    """Takes the answers off a connection of the driver's and has it handle them; all else is for the protocol `before`.

    An answer is its length (four bytes), and as many bytes: https://kafka.apache.org/protocol#protocol_messages
    """

    def __init__(self, connection: Any, before: Any, receive: Receive) -> None:
        self._connection: Callable[[], Any] = weakref.ref(connection)
        self._before = before
        self._reader = connection._reader
        self._small = memoryview(bytearray(SMALL))
        self._held = 0
        self._large: bytearray | None = None
        self._filled = 0
        self._receive = receive

    @classmethod
    def install(cls, connection: Any, compiled: bool = True) -> None:
        """Have the connection receive by one of these from now on, or later if an answer is on its way.

        `compiled` receives large answers by the compiled core, where it was built and TLS is not between.
        """
        before = connection._protocol
        if isinstance(before, cls) or connection._requests or connection._reader._buffer:
            return
        transport = connection._writer.transport
        connection._protocol = cls(connection, before, _receiver(transport) if compiled else _receive_nothing)
        transport.set_protocol(connection._protocol)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where asyncio shall put what comes next."""
        if self._large is not None:
            return memoryview(self._large)[self._filled :]
        return self._small[self._held :]

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes came. What goes wrong with an answer ends the connection, as it does with the driver."""
        try:
            if self._large is None:
                self._held += nbytes
                self._take_small()
            else:
                self._filled += nbytes
                self._take_large(self._large)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the driver's reading task raises it
            self._connection = _nothing
            self._reader.set_exception(error)

    def _take_small(self) -> None:
        begin = 0
        while (first := begin + _LENGTH) <= self._held:
            size = int.from_bytes(self._small[begin:first], signed=True)
            if size < 0:
                raise ValueError(f"an answer of {size} bytes")
            if first + size > self._held:
                if _LENGTH + size > SMALL:
                    self._begin_large(size, self._small[first : self._held])
                    return
                break
            begin = first + size
            self._handle(bytes(self._small[first:begin]))
        rest = bytes(self._small[begin : self._held])
        self._small[: len(rest)] = rest
        self._held = len(rest)

    def _begin_large(self, size: int, beginning: memoryview) -> None:
        self._large, self._filled, self._held = bytearray(size), len(beginning), 0
        self._large[: self._filled] = beginning
        self._take_large(self._large)

    def _take_large(self, large: bytearray) -> None:
        self._filled = self._receive(large, self._filled)
        if self._filled == len(large):
            self._large = None
            self._handle(large)

    def _handle(self, answer: bytes | bytearray) -> None:
        connection = self._connection()
        if connection is not None and connection.connected():
            connection._handle_frame(answer)

    def eof_received(self) -> Any:
        """The broker sends no more."""
        return self._before.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed."""
        self._before.connection_lost(exc)

    def pause_writing(self) -> None:
        """What is written waits."""
        self._before.pause_writing()

    def resume_writing(self) -> None:
        """What waits is written."""
        self._before.resume_writing()


def _receiver(transport: Any) -> Receive:
    # In pieces, each of which waits for the interpreter, a large answer takes ten times as long as the network does.
    if core is None or transport.get_extra_info("sslcontext") is not None:
        return _receive_nothing
    return partial(core.receive, transport.get_extra_info("socket").fileno())


def _receive_nothing(_buffer: bytearray, filled: int) -> int:
    return filled


def _nothing() -> None:
    return None


def receive_in_place(client: Any, compiled: bool) -> None:
    """Have all connections of the driver's `client` receive by a `FrameProtocol`."""
    get = client._get_conn

    async def framed(node_id: Any, **options: Any) -> Any:
        connection = await get(node_id, **options)
        if connection is not None and connection.connected():
            FrameProtocol.install(connection, compiled)
        return connection

    client._get_conn = framed
