"""Packets of ClickHouse's native protocol, as a server reads and writes them.

Client and server speak the older one's revision. 54459 is the first with query parameters; later ones add nothing
that is needed here. Clients older than 54401 (ClickHouse 18.10) are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from clickhouse_driver.settings import available, types

from omnitrack.embedded.clickhouse.wire import WireReader, int32, string, varint

REVISION = 54459
OLDEST_REVISION = 54401

_WRITTEN_ROWS = 54420
_SETTINGS_AS_STRINGS = 54429
_INTERSERVER_SECRET = 54441
_OPEN_TELEMETRY = 54442
_DISTRIBUTED_DEPTH = 54448
_QUERY_START_TIME = 54449
_PARALLEL_REPLICAS = 54453
COLUMN_MARKS = 54454
PROFILE_EVENTS_IN_INSERT = 54456
_ADDENDUM = 54458
_PARAMETERS = 54459

_IMPORTANT = 1
_COMPLETE_STAGE = 2
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"b": "\b", "f": "\f", "r": "\r", "n": "\n", "t": "\t", "0": "\0", "a": "\a", "v": "\v"}


class ProtocolError(Exception):
    """A client broke the protocol, or asks for what is not supported; the message tells what. The connection ends."""


class FromClient(IntEnum):
    """Packets that a client sends, by ClickHouse's numbers (src/Core/Protocol.h)."""

    HELLO = 0
    QUERY = 1
    DATA = 2
    CANCEL = 3
    PING = 4


class ToClient(IntEnum):
    """Packets that a server sends, by ClickHouse's numbers (src/Core/Protocol.h)."""

    HELLO = 0
    DATA = 1
    EXCEPTION = 2
    PROGRESS = 3
    PONG = 4
    END_OF_STREAM = 5
    PROFILE_INFO = 6
    PROFILE_EVENTS = 14


@dataclass(frozen=True, slots=True)
class Hello:
    """`revision` is the one both sides speak."""

    client: str
    revision: int
    database: str


@dataclass(frozen=True, slots=True)
class Query:
    """`important` names the settings that must be known; `parameters` are texts as `SET param_x` takes them."""

    text: str
    compressed: bool
    settings: Mapping[str, str] = field(default_factory=dict)
    important: frozenset[str] = frozenset()
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """What was read and written since the last such packet."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0


def read_hello(reader: WireReader) -> Hello:
    """The first packet of a connection. Raises ProtocolError where it is none, or the client is too old."""
    if reader.varint() != FromClient.HELLO:
        raise ProtocolError("the first packet must be Hello: this port speaks ClickHouse's native protocol, not HTTP")
    client = reader.string()
    reader.varint()
    reader.varint()
    revision = min(reader.varint(), REVISION)
    database, _user, _password = reader.string(), reader.string(), reader.string()
    if revision < OLDEST_REVISION:
        raise ProtocolError(f"{client} speaks revision {revision}; use a client of at least {OLDEST_REVISION}")
    return Hello(client, revision, database)


def read_addendum(reader: WireReader, revision: int) -> None:
    """What newer clients send once they have the server's answer to Hello."""
    if revision >= _ADDENDUM:
        reader.string()


def read_query(reader: WireReader, revision: int) -> Query:
    """The rest of a Query packet. Raises ProtocolError."""
    reader.string()
    _skip_client_info(reader, revision)
    settings, important = _read_settings(reader, as_strings=revision >= _SETTINGS_AS_STRINGS)
    if revision >= _INTERSERVER_SECRET:
        reader.string()
    stage, compressed, text = reader.varint(), bool(reader.varint()), reader.string()
    parameters = _read_settings(reader, as_strings=True)[0] if revision >= _PARAMETERS else {}
    if stage != _COMPLETE_STAGE:
        raise ProtocolError("only whole queries are run here, no part of a distributed one: use a ClickHouse server")
    return Query(text, compressed, settings, important, {name: unquoted(value) for name, value in parameters.items()})


def _skip_client_info(reader: WireReader, revision: int) -> None:
    if not reader.byte():
        return
    _skip_strings(reader, 3)
    if revision >= _QUERY_START_TIME:
        reader.skip(8)
    if reader.byte() != 1:
        raise ProtocolError("a query must come over TCP")
    _skip_strings(reader, 3)
    _skip_varints(reader, 3)
    reader.string()
    if revision >= _DISTRIBUTED_DEPTH:
        reader.varint()
    reader.varint()
    if revision >= _OPEN_TELEMETRY and reader.byte():
        reader.skip(24)
        reader.string()
        reader.byte()
    if revision >= _PARALLEL_REPLICAS:
        _skip_varints(reader, 3)


def _skip_strings(reader: WireReader, count: int) -> None:
    for _ in range(count):
        reader.string()


def _skip_varints(reader: WireReader, count: int) -> None:
    for _ in range(count):
        reader.varint()


def _read_settings(reader: WireReader, *, as_strings: bool) -> tuple[dict[str, str], frozenset[str]]:
    settings: dict[str, str] = {}
    important: set[str] = set()
    while name := reader.string():
        if not as_strings:
            settings[name] = _read_typed_setting(reader, name)
            continue
        if reader.varint() & _IMPORTANT:
            important.add(name)
        settings[name] = reader.string()
    return settings, frozenset(important)


def _read_typed_setting(reader: WireReader, name: str) -> str:
    kind = available.settings.get(name)
    if kind is None:
        raise ProtocolError(f"setting {name} of an old client cannot be read: use a newer client, or SET in SQL")
    numeric = kind in (types.SettingUInt64, types.SettingBool, types.SettingMaxThreads)
    return str(reader.varint()) if numeric else reader.string()


def unquoted(value: str) -> str:
    """A parameter comes as a quoted literal of its text, which is escaped itself."""
    if len(value) < 2 or value[0] != "'" or value[-1] != "'":
        return value
    return _ESCAPED.sub(lambda match: _ESCAPES.get(match[1], match[1]), value[1:-1])


def hello_packet(version: tuple[int, int, int], time_zone: str) -> bytes:
    """Who answers: the engine's version, the protocol's revision, the server's time zone."""
    major, minor, patch = version
    name = string("ClickHouse")
    shown = string(time_zone) + string("omnitrack embedded")
    return varint(ToClient.HELLO) + name + varint(major) + varint(minor) + varint(REVISION) + shown + varint(patch)


def data_packet_start() -> bytes:
    """What stands before a block, which may be compressed: the packet's type and the name of no table."""
    return varint(ToClient.DATA) + string("")


def profile_events_packet(empty: bytes) -> bytes:
    """What a newer client awaits after each block of an INSERT; `empty` is a block without columns: no events."""
    return varint(ToClient.PROFILE_EVENTS) + string("") + empty


def exception_packet(code: int, text: str) -> bytes:
    """ClickHouse's error code and text; no further one is nested in it."""
    return varint(ToClient.EXCEPTION) + int32(code) + string("DB::Exception") + string(text) + string("") + b"\x00"


def progress_packet(progress: Progress, revision: int) -> bytes:
    """Empty where there is nothing to tell: old clients know of no written rows, and of no progress of an INSERT."""
    written = (progress.written_rows, progress.written_bytes) if revision >= _WRITTEN_ROWS else ()
    numbers = (progress.read_rows, progress.read_bytes, progress.read_rows, *written)
    return varint(ToClient.PROGRESS) + b"".join(map(varint, numbers)) if any(numbers) else b""


def profile_packet(rows: int, blocks: int, size: int) -> bytes:
    """The result's rows, blocks and bytes, and that no LIMIT was applied, which old clients look for otherwise."""
    return varint(ToClient.PROFILE_INFO) + varint(rows) + varint(blocks) + varint(size) + b"\x00\x00\x01"


def pong_packet() -> bytes:
    """The answer to a ping."""
    return varint(ToClient.PONG)


def end_of_stream_packet() -> bytes:
    """The query is answered to its end."""
    return varint(ToClient.END_OF_STREAM)
