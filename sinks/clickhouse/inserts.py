"""One INSERT: of columns of Python's values, or of a block that is encoded already."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from clickhouse_driver import Client
from clickhouse_driver.block import BlockInfo, ColumnOrientedBlock
from clickhouse_driver.defines import DBMS_MIN_REVISION_WITH_CUSTOM_SERIALIZATION
from clickhouse_driver.protocol import ClientPacketTypes
from clickhouse_driver.varint import write_varint
from clickhouse_driver.writer import write_binary_str, write_binary_uint8

from sinks.clickhouse.columns import Columns

if TYPE_CHECKING:
    from sinks._core import Block

SETTINGS = {
    # A batch of history may span any number of months.
    "max_partitions_per_insert_block": 0,
    # An acknowledged INSERT must be on the server's disk, not in its buffer.
    "async_insert": 0,
}


def insert_columns(client: Client, table: str, columns: Columns) -> int:
    """Insert the rows of `columns`, and return how many they are. Raises what the driver raises."""
    client.execute(_statement(table, columns), list(columns.values()), columnar=True, settings=SETTINGS)
    return len(next(iter(columns.values())))


def insert_block(client: Client, table: str, block: Block) -> int:
    """The same with a block, as the driver's `process_insert_query` does it. The server converts other types."""
    statement = _statement(table, (name for name, _, _ in block.columns))
    with client.disconnect_on_error(statement, SETTINGS):
        client.connection.send_query(statement)
        client.connection.send_external_tables(None)
        client.receive_sample_block()
        _send(client.connection, block)
        client.receive_profile_events()
        client.connection.send_data(ColumnOrientedBlock())
        client.receive_profile_events()
        client.receive_end_of_insert_query()
    return block.rows


def _statement(table: str, names: Iterable[str]) -> str:
    return f"INSERT INTO `{table}` ({', '.join(f'`{name}`' for name in names)}) VALUES"


def _send(connection: Any, block: Block) -> None:
    """A packet of data, of which the driver's own way would write each column from Python's values."""
    write_varint(ClientPacketTypes.DATA, connection.fout)
    write_binary_str("", connection.fout)
    stream = connection.block_out
    out = stream.fout
    BlockInfo().write(out)
    write_varint(len(block.columns), out)
    write_varint(block.rows, out)
    says_how = connection.server_info.used_revision >= DBMS_MIN_REVISION_WITH_CUSTOM_SERIALIZATION
    for name, kind, values in block.columns:
        write_binary_str(name, out)
        write_binary_str(kind, out)
        if says_how:
            write_binary_uint8(0, out)
        out.write(values)
    stream.finalize()
