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

from sinks.clickhouse.columns import TIMES, Columns
from sinks.clickhouse.errors import ColumnDiffers, TimesDiffer

if TYPE_CHECKING:
    from sinks._core import Block

SETTINGS = {
    # A batch of history may span any number of months.
    "max_partitions_per_insert_block": 0,
    # An acknowledged INSERT must be on the server's disk, not in its buffer.
    "async_insert": 0,
    # A write has a row's last version only; what views make of it is told apart by FINAL and by merges.
    "optimize_on_insert": 0,
}
MILLISECONDS = "DateTime64(3"


def insert_columns(client: Client, table: str, columns: Columns) -> int:
    """Insert the rows of `columns`, and return how many they are. Raises `TimesDiffer`, and what the driver raises."""
    statement = _statement(table, columns)
    with client.disconnect_on_error(statement, SETTINGS):
        taken = _begin(client, table, statement)
        rows: int = client.send_data(taken, list(columns.values()), columnar=True)
        client.receive_end_of_insert_query()
    return rows


def insert_block(client: Client, table: str, block: Block) -> int:
    """The same with a block. Raises `ColumnDiffers` as well, and then nothing was inserted."""
    statement = _statement(table, (name for name, _, _ in block.columns))
    with client.disconnect_on_error(statement, SETTINGS):
        taken = _begin(client, table, statement)
        other = _other(table, taken, block)
        if other is None:
            _send(client.connection, block)
            client.receive_profile_events()
        client.connection.send_data(ColumnOrientedBlock())
        client.receive_profile_events()
        client.receive_end_of_insert_query()
    if other is not None:
        raise other
    return block.rows


def _begin(client: Client, table: str, statement: str) -> ColumnOrientedBlock:
    """Begin an INSERT as the driver's `process_insert_query` does; returns the columns that the server takes."""
    client.connection.send_query(statement)
    client.connection.send_external_tables(None)
    taken = client.receive_sample_block()
    for name, kind in taken.columns_with_types:
        # The driver writes the integers that it is given, whatever they count.
        if name in TIMES and MILLISECONDS not in kind:
            raise TimesDiffer(
                f"{table}.{name} has the type {kind}, in which milliseconds are other times; make it"
                f" {MILLISECONDS}, 'UTC') again (ALTER TABLE … MODIFY COLUMN …)"
            )
    return taken


def _other(table: str, taken: ColumnOrientedBlock, block: Block) -> ColumnDiffers | None:
    """What is wrong if ClickHouse would convert a column: it makes 44 of 300 where a byte is to hold it."""
    for (name, kind), (_, own, _) in zip(taken.columns_with_types, block.columns, strict=True):
        if kind != own:
            return ColumnDiffers(f"{table}.{name} has the type {kind}, where {own} is written")
    return None


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
