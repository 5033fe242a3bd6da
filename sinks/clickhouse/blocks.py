"""From records of the hot output topics into ClickHouse by the compiled module: no Python object is made of a row.

What it leaves, with a reason that is counted, is done by Python, which is the reference, and does everything where the
module was not built. Its sources are in sinks/core.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import structlog

from sinks.clickhouse.errors import ColumnDiffers, RowsRefused
from sinks.clickhouse.writer import Writer
from sinks.meters import LEFT, count_fresh
from sinks.port import Table

if TYPE_CHECKING:
    from sinks._core import Block

TABLES = frozenset({"touchpoints", "journeys", "handoffs", "promises"})
"""Those whose rows the module knows; the others have few."""

Encode = Callable[[str, Sequence[bytes]], "Block | str"]


log = structlog.get_logger(__name__)


class Blocks:
    """The `BlockSink` of ClickHouse; waits and stops as its writer does."""

    def __init__(self, writer: Writer, encode: Encode) -> None:
        self._writer = writer
        self._encode = encode
        self._told: set[str] = set()

    def store(self, table: Table, payloads: Sequence[bytes]) -> Sequence[int] | None:
        """Store the rows that hold of `payloads` in one INSERT; None where one of them is not ordinary or refused, or a
        column has another type."""
        if table not in TABLES:
            return None
        block = self._encode(table, payloads)
        if isinstance(block, str):
            self._leave(table, payloads, block)
            return None
        try:
            self._writer.write_block(table, block)
        except ColumnDiffers as error:
            self._tell(str(error))
            self._leave(table, payloads, "a column of another type")
            return None
        except RowsRefused:
            self._leave(table, payloads, "refused by ClickHouse")
            return None
        count_fresh(block.received_at)
        return block.received_at

    def _tell(self, difference: str) -> None:
        """Say it once: it is found with every write until somebody changes the column."""
        if difference not in self._told:
            self._told.add(difference)
            log.warning("rows are left to Python, which takes longer: a column was altered", difference=difference)

    def _leave(self, table: Table, payloads: Sequence[bytes], reason: str) -> None:
        LEFT.labels(table, reason).inc(len(payloads))


def compiled_blocks(writer: Writer) -> Blocks | None:
    """Blocks by the compiled module; None where it was not built when omnitrack was installed."""
    try:
        from sinks._core import encode  # noqa: PLC0415 -- it may not be there
    except ImportError:
        return None
    return Blocks(writer, encode)
