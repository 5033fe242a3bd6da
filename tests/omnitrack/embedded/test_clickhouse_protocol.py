"""Packets, as the driver writes them and as it reads them."""

from __future__ import annotations

from typing import Any

import pytest
from clickhouse_driver.context import Context
from clickhouse_driver.util.escape import escape_param
from hypothesis import given
from hypothesis import strategies as st

from omnitrack.embedded.clickhouse import protocol
from omnitrack.embedded.clickhouse.protocol import Progress, ProtocolError
from omnitrack.embedded.clickhouse.wire import reader_of, string, varint

CLIENT_INFO_54412 = (
    b"\x01"
    + string("") * 3
    + b"\x01"
    + string("") * 3
    + varint(18)
    + varint(16)
    + varint(54412)
    + string("")
    + varint(1)
)


def hello(revision: int, name: str = "test") -> bytes:
    return (
        varint(0) + string(name) + varint(1) + varint(1) + varint(revision) + string("db") + string("u") + string("p")
    )


def test_the_older_sides_revision_is_spoken() -> None:
    assert protocol.read_hello(reader_of(hello(54412))).revision == 54412
    assert protocol.read_hello(reader_of(hello(60000))).revision == protocol.REVISION


def test_a_client_that_is_too_old_is_refused() -> None:
    with pytest.raises(ProtocolError, match="revision 54000"):
        protocol.read_hello(reader_of(hello(54000)))


def test_what_is_no_native_protocol_is_refused() -> None:
    with pytest.raises(ProtocolError, match="native protocol"):
        protocol.read_hello(reader_of(b"GET / HTTP/1.1\r\n\r\n"))


def test_typed_settings_of_old_clients_are_read() -> None:
    settings = string("max_threads") + varint(3) + string("load_balancing") + string("random") + string("")
    packet = string("id") + CLIENT_INFO_54412 + settings + varint(2) + varint(1) + string("SELECT 1")
    query = protocol.read_query(reader_of(packet), 54412)
    assert query == protocol.Query("SELECT 1", True, {"max_threads": "3", "load_balancing": "random"})


def test_a_part_of_a_distributed_query_is_refused() -> None:
    packet = string("id") + CLIENT_INFO_54412 + string("") + varint(1) + varint(0) + string("SELECT 1")
    with pytest.raises(ProtocolError, match="whole queries"):
        protocol.read_query(reader_of(packet), 54412)


@given(text=st.text())
def test_a_parameters_literal_is_opened_once(text: str) -> None:
    quoted = escape_param(text, Context(), for_server=True)
    once: Any = escape_param(text, Context())
    assert protocol.unquoted(quoted) == once[1:-1]


def test_old_clients_are_told_of_reading_only() -> None:
    assert protocol.progress_packet(Progress(written_rows=5), 54412) == b""
    assert protocol.progress_packet(Progress(read_rows=1, read_bytes=2), 54412) == b"\x03\x01\x02\x01"
    assert protocol.progress_packet(Progress(1, 2, 3, 4), 54459) == b"\x03\x01\x02\x01\x03\x04"
