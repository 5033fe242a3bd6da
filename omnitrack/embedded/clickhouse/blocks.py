"""Blocks of the native protocol and of the Native format, passed from one to the other without decoding a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from omnitrack.embedded.clickhouse.columns import UnsupportedTypeError, skip_column
from omnitrack.embedded.clickhouse.wire import WireReader, Writable, int32, reader_of, string, varint


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a block, with its ClickHouse type."""

    name: str
    type: str


Header = tuple[Column, ...]

# Field 1: no overflow row; field 2: no bucket; 0: the end.
BLOCK_INFO = b"\x01\x00\x02" + int32(-1) + b"\x00"
_BLOCK_INFO_WIDTHS = {1: 1, 2: 4}


def skip_block_info(reader: WireReader) -> None:
    """Step over what stands before a block on the wire. Raises ValueError where it is none."""
    while field := reader.varint():
        if field not in _BLOCK_INFO_WIDTHS:
            raise ValueError(f"a block's info has the unknown field {field}")
        reader.skip(_BLOCK_INFO_WIDTHS[field])


def skip_empty_block(reader: WireReader) -> None:
    """Step over the block that ends a stream of them. Raises ValueError where it is another one."""
    if reader.varint() or reader.varint():
        raise ValueError("a block without the name of its table must be empty")


def copy_block(reader: WireReader, target: Writable, *, reads_marks: bool, writes_marks: bool) -> tuple[Header, int]:
    """Copy one block without its info; returns its columns and the number of its rows.

    Newer revisions of the protocol have a mark in each column that tells how it is serialised: `reads_marks` where
    the reader has them, `writes_marks` where they are wanted. A block without columns, which ends a stream, is not
    copied. Raises UnsupportedTypeError and EOFError.
    """
    width, rows = reader.varint(), reader.varint()
    if not width:
        return (), 0
    target.write(varint(width) + varint(rows))
    return tuple(_copy_column(reader, target, rows, reads_marks, writes_marks) for _ in range(width)), rows


def _copy_column(reader: WireReader, target: Writable, rows: int, reads_marks: bool, writes_marks: bool) -> Column:
    column = Column(reader.string(), reader.string())
    if reads_marks and reader.byte():
        raise UnsupportedTypeError(f"column {column.name} is serialised sparsely, which is not supported")
    target.write(string(column.name) + string(column.type) + (b"\x00" if writes_marks else b""))
    reader.mark()
    skip_column(reader, column.type, rows)
    target.write(reader.take())
    return column


@dataclass(frozen=True, slots=True)
class WireBlock:
    """`data` is what stands on the wire after the packet's name of a table."""

    header: Header
    rows: int
    data: bytes


def wire_blocks(native: bytes, *, marks: bool) -> Iterator[WireBlock]:
    """The blocks of Native format for the wire. Raises UnsupportedTypeError."""
    reader = reader_of(native)
    left = bool(native)
    while left:
        block = BytesIO()
        block.write(BLOCK_INFO)
        header, rows = copy_block(reader, block, reads_marks=False, writes_marks=marks)
        yield WireBlock(header, rows, block.getvalue())
        left = reader.buffered


def empty_block(header: Header, *, marks: bool) -> bytes:
    """A block without rows on the wire: what tells a client the columns; without columns it ends a stream."""
    mark = b"\x00" if marks else b""
    columns = (string(column.name) + string(column.type) + mark for column in header)
    return BLOCK_INFO + varint(len(header)) + varint(0) + b"".join(columns)


def native_header(header: Header) -> bytes:
    """A block without rows in Native format."""
    columns = (string(column.name) + string(column.type) for column in header)
    return varint(len(header)) + varint(0) + b"".join(columns)
