"""Answers of a broker come whole and in order, however the network cuts them."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.batching.frames import SMALL, FrameProtocol

SIZES = (0, 1, 4, 100, SMALL - 5, SMALL - 4, SMALL - 3, SMALL, 3 * SMALL)


class Transport:
    """Remembers the protocol that it was given."""

    protocol: Any = None

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol


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
