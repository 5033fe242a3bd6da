"""The proxy passes bytes on until it is told otherwise."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from omnitrack.ports import LOOPBACK, free_port
from tests.chaos.proxy import Proxy

SHORT = 0.3


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that sends back what it gets."""
    with socket.create_server((LOOPBACK, 0)) as server:
        threading.Thread(target=_serve, args=(server,), daemon=True).start()
        yield server.getsockname()[1]


def _serve(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_echo, args=(connection,), daemon=True).start()


def _echo(connection: socket.socket) -> None:
    with connection:
        while data := connection.recv(1_024):
            connection.sendall(data)


def call(port: int) -> socket.socket:
    return socket.create_connection((LOOPBACK, port), timeout=60)


def says(connection: socket.socket, word: bytes) -> bytes:
    connection.sendall(word)
    return connection.recv(1_024)


def test_bytes_go_there_and_back(echo: int) -> None:
    with Proxy.to(echo) as proxy, call(proxy.port) as one, call(proxy.port) as other:
        assert says(one, b"one") == b"one"
        assert says(other, b"other") == b"other"


def test_a_cut_breaks_connections_and_lets_new_ones_in(echo: int) -> None:
    with Proxy.to(echo) as proxy, call(proxy.port) as broken:
        assert says(broken, b"before") == b"before"
        proxy.cut()
        assert _is_over(broken)
        with call(proxy.port) as after:
            assert says(after, b"after") == b"after"


def test_bytes_that_were_held_back_arrive_after_the_release(echo: int) -> None:
    with Proxy.to(echo) as proxy, call(proxy.port) as patient:
        assert says(patient, b"before") == b"before"
        proxy.hold()
        patient.sendall(b"held")
        patient.settimeout(SHORT)
        with pytest.raises(TimeoutError):
            patient.recv(1_024)
        proxy.release()
        patient.settimeout(60)
        assert patient.recv(1_024) == b"held"


def test_bytes_take_no_less_than_they_shall_and_keep_their_order(echo: int) -> None:
    with Proxy.to(echo, delay=SHORT / 2) as proxy, call(proxy.port) as slow:
        begun = time.monotonic()
        slow.sendall(b"first ")
        slow.sendall(b"second")
        came = b""
        while len(came) < 12:
            came += slow.recv(12)
        assert came == b"first second"
        assert time.monotonic() - begun > SHORT


def test_a_server_that_is_away_ends_the_connection() -> None:
    with Proxy.to(free_port()) as proxy, call(proxy.port) as refused:
        assert _is_over(refused)


def _is_over(connection: socket.socket) -> bool:
    try:
        return connection.recv(1_024) == b""
    except ConnectionError:
        return True
