"""Blocks compressed for the wire: a checksum, then what the client's driver writes and reads itself."""

from __future__ import annotations

from io import BytesIO

from clickhouse_cityhash.cityhash import CityHash128
from clickhouse_driver.compression.lz4 import Compressor
from clickhouse_driver.streams.compressed import CompressedBlockInputStream
from clickhouse_driver.writer import write_binary_uint128

from omnitrack.embedded.clickhouse.wire import WireReader

_FRAME_BYTES = 1 << 20


def compress(block: bytes) -> bytes:
    """A block as LZ4 frames of at most 1 MiB of it each."""
    return b"".join(_frame(block[start : start + _FRAME_BYTES]) for start in range(0, len(block), _FRAME_BYTES))


def _frame(data: bytes) -> bytes:
    compressor = Compressor()
    compressor.write(data)
    body: bytes = bytes((compressor.method_byte,)) + compressor.get_compressed_data(1)
    checksum = BytesIO()
    write_binary_uint128(CityHash128(body), checksum)
    return checksum.getvalue() + body


def decompressing(reader: WireReader) -> WireReader:
    """A reader of what `reader` has compressed (LZ4; ZSTD where the driver finds its library).

    Raises the driver's errors where a checksum or the method is wrong.
    """
    frames = CompressedBlockInputStream(reader.driver_reader, None)
    return WireReader(frames.read_block)
