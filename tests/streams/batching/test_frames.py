"""Answers of a broker come whole and in order, however the network cuts them."""

from __future__ import annotations

import asyncio
import socket
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.batching.built import core
from streams.batching.frames import SMALL, FrameProtocol
from tests.support.compiled import compiled_only

PATIENCE = 30.0
SIZES = (0, 1, 4, 100, SMALL - 5, SMALL - 4, SMALL - 3, SMALL, 3 * SMALL)


class Transport:
    """Remembers the protocol that it was given."""

    protocol: Any = None

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def get_extra_info(self, name: str) -> Any:
        assert name == "sslcontext"
        return "its bytes are no answers yet"


class Writer:
    def __init__(self) -> None:
        self.transport = Transport()


class Before(asyncio.Protocol):
    """What a connection had before."""

    def __init__(self) -> None:
        self.lost: list[Exception | None] = []

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.append(exc)


class Connection:
    """As the driver's, with the answers that it handled; the answer `refused` it cannot handle."""

    def __init__(self, refused: bytes | None = None) -> None:
        self._requests: list[object] = []
        self._reader = asyncio.StreamReader(loop=asyncio.new_event_loop())
        self._writer = Writer()
        self._protocol = self.before = Before()
        self.handled: list[bytes] = []
        self.refused = refused

    def connected(self) -> bool:
        return True

    def _handle_frame(self, answer: bytes) -> None:
        if answer == self.refused:
            raise ValueError("no such answer")
        self.handled.append(bytes(answer))

    def receive(self, data: bytes) -> None:
        """As asyncio's transport puts bytes into a protocol's buffer."""
        while data:
            buffer = self._writer.transport.protocol.get_buffer(-1)
            count = min(len(buffer), len(data))
            buffer[:count] = data[:count]
            self._writer.transport.protocol.buffer_updated(count)
            data = data[count:]


class RealConnection(Connection):
    """Over a socket of its own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__()
        self._reader = reader
        self._writer: Any = writer
        self._protocol: Any = writer.transport.get_protocol()
        self.came = asyncio.Event()

    def _handle_frame(self, answer: bytes) -> None:
        super()._handle_frame(answer)
        self.came.set()

    async def wait_for(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(self.handled) < count:
                await self.came.wait()
                self.came.clear()


async def connected(own: socket.socket, compiled: bool) -> RealConnection:
    made = RealConnection(*await asyncio.open_connection(sock=own))
    FrameProtocol.install(made, compiled)
    return made


def stream(answers: list[bytes]) -> bytes:
    return b"".join(len(answer).to_bytes(4) + answer for answer in answers)


def connection(refused: bytes | None = None) -> Connection:
    made = Connection(refused)
    FrameProtocol.install(made)
    return made


@given(st.lists(st.sampled_from(SIZES), max_size=6), st.data())
def test_whatever_the_cuts_each_answer_is_handled_once_and_in_order(sizes: list[int], data: st.DataObject) -> None:
    answers = [bytes([number]) * size for number, size in enumerate(sizes)]
    whole = stream(answers)
    cuts = data.draw(st.lists(st.integers(0, len(whole)), max_size=5)) if whole else []
    receiving = connection()
    for begin, end in pairwise(sorted([0, *cuts, len(whole)])):
        receiving.receive(whole[begin:end])
    assert receiving.handled == answers


@pytest.mark.parametrize("refused", [b"bad", b"bad" * SMALL], ids=["small", "large"])
def test_an_answer_that_cannot_be_handled_ends_the_connection_and_nothing_after_it_is_taken(refused: bytes) -> None:
    receiving = connection(refused)
    receiving.receive(stream([b"good", refused, b"late"]))
    receiving.receive(stream([b"later"]))
    assert receiving.handled == [b"good"]
    assert str(receiving._reader.exception()) == "no such answer"


def test_a_length_that_cannot_be_ends_the_connection() -> None:
    receiving = connection()
    receiving.receive(b"\xff\xff\xff\xfc")
    assert str(receiving._reader.exception()) == "an answer of -4 bytes"


def test_an_answer_on_its_way_is_left_to_the_driver() -> None:
    waiting = Connection()
    waiting._requests.append("asked")
    FrameProtocol.install(waiting)
    assert waiting._writer.transport.protocol is None


def test_the_driver_learns_that_a_connection_is_lost() -> None:
    receiving, error = connection(), ConnectionResetError()
    receiving._writer.transport.protocol.connection_lost(error)
    assert receiving.before.lost == [error]


@pytest.mark.parametrize("compiled", [False, True])
def test_large_answers_come_whole_and_in_order_over_a_real_socket(compiled: bool) -> None:
    answers = [b"small", b"1" * 3_000_000, b"", b"2" * SMALL, b"3" * 1_000_000, b"last"]

    async def run() -> list[bytes]:
        here, there = socket.socketpair()
        receiving = await connected(here, compiled)
        await asyncio.gather(asyncio.to_thread(there.sendall, stream(answers)), receiving.wait_for(len(answers)))
        there.close()
        receiving._writer.close()
        return receiving.handled

    assert asyncio.run(run()) == answers


@pytest.mark.parametrize("compiled", [False, True])
def test_the_driver_learns_that_a_connection_ends_within_a_large_answer(compiled: bool) -> None:
    async def run() -> list[bytes]:
        here, there = socket.socketpair()
        receiving = await connected(here, compiled)
        await asyncio.to_thread(there.sendall, stream([b"small", b"1" * 1_000_000])[:500_000])
        there.close()
        await asyncio.wait_for(receiving._reader.read(), PATIENCE)
        receiving._writer.close()
        return receiving.handled

    assert asyncio.run(run()) == [b"small"]


@compiled_only
def test_the_compiled_receiver_takes_what_is_there_and_waits_for_no_more() -> None:
    here, there = socket.socketpair()
    with here, there:
        here.setblocking(False)
        buffer = bytearray(b"12......")
        there.sendall(b"345")
        assert core.receive(here.fileno(), buffer, 2) == 5
        there.sendall(b"6789")
        assert core.receive(here.fileno(), buffer, 5) == 8
        assert buffer == b"12345678"
        assert here.recv(9) == b"9"
        there.close()
        assert core.receive(here.fileno(), buffer, 4) == 4
