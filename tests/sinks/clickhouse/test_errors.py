"""A failure of ClickHouse tells what is wrong, where, and what to do; and shows no secret."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from clickhouse_driver.errors import ServerException

from sinks.clickhouse.client import connect
from sinks.clickhouse.errors import ClickHouseRefused, ClickHouseUnavailable, explained, server_text
from sinks.clickhouse.settings import ClickHouseSettings

SETTINGS = ClickHouseSettings.of("clickhouse://ana:s3cret@127.0.0.1:1/omnitrack?connect_timeout=1")


@contextmanager
def listener(answer: bytes) -> Iterator[int]:
    """A port of loopback where something answers that is no ClickHouse."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


def test_a_server_that_is_not_there_is_named_by_address() -> None:
    with pytest.raises(ClickHouseUnavailable, match=r"does not answer at 127\.0\.0\.1:1: .* is it running") as caught:
        connect(SETTINGS)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.0 400 Bad Request\r\n\r\n"])
def test_something_else_on_the_port_is_told(answer: bytes) -> None:
    with (
        listener(answer) as port,
        pytest.raises(ClickHouseUnavailable, match=rf"127\.0\.0\.1:{port}.*native port \(9000"),
    ):
        connect(ClickHouseSettings.of(f"clickhouse://127.0.0.1:{port}/omnitrack"))


def test_a_port_that_says_nothing_is_told_within_the_time_to_connect() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        begun = time.monotonic()
        with pytest.raises(ClickHouseUnavailable, match=rf"does not answer at {address}: no answer in time; is it"):
            connect(ClickHouseSettings.of(f"clickhouse://{address}/omnitrack?connect_timeout=1"))
    assert time.monotonic() - begun < 60  # not the 300 s that an answer may take


def test_once_connected_a_query_may_take_as_long_as_before(clickhouse: ClickHouseSettings) -> None:
    client = connect(clickhouse)
    assert client.connection.socket.gettimeout() == client.connection.send_receive_timeout == 300
    client.disconnect()


@pytest.mark.parametrize(
    ("code", "message", "told"),
    [
        (516, "DB::Exception: ana: Authentication failed: password s3cret. ", "refuses the user or password"),
        (81, "DB::Exception: Database omnitrack does not exist. ", "omnitrack migrate"),
        (60, "DB::Exception: Unknown table expression identifier 'x'. ", "omnitrack migrate"),
        (497, "DB::Exception: ana: Not enough privileges. ", "grant the user the right"),
        (62, "DB::Exception: Syntax error: failed at position 1. ", "ClickHouse error 62: Syntax error"),
    ],
)
def test_a_refusal_keeps_the_code_and_says_what_to_do(code: int, message: str, told: str) -> None:
    with pytest.raises(ClickHouseRefused, match=told) as caught, explained(SETTINGS):
        raise ServerException(message + "Stack trace:\n\n0. main", code)
    assert caught.value.code == code
    assert str(code) in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert "main" not in str(caught.value)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("DB::Exception: No such column x. Stack trace:\n\n0. a", "No such column x."),
        ("Code: 62. DB::Exception: Syntax (SYNTAX_ERROR) (version 26.9.1.1)", "Syntax (SYNTAX_ERROR)"),
        ("Line one\nline two", "Line one"),
    ],
)
def test_the_servers_text_is_its_first_line(message: str, text: str) -> None:
    assert server_text(ServerException(message, 1)) == text


def test_other_exceptions_pass() -> None:
    with pytest.raises(ZeroDivisionError), explained(SETTINGS):
        raise ZeroDivisionError
