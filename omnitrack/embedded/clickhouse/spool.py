"""Blocks that a client sends, written to a file in Native format until the engine takes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from omnitrack.embedded.clickhouse.blocks import Header, copy_block
from omnitrack.embedded.clickhouse.wire import WireReader


@dataclass(slots=True)
class Spool:
    """The file of one table's blocks; memory holds one column at a time."""

    path: Path
    file: IO[bytes]
    header: Header = ()
    rows: int = 0

    def add(self, reader: WireReader, *, marks: bool) -> bool:
        """Take one block from a client; False if it is the empty one that ends them.

        Raises UnsupportedTypeError and EOFError, and OSError where the disk is full.
        """
        header, rows = copy_block(reader, self.file, reads_marks=marks, writes_marks=False)
        self.header = self.header or header
        self.rows += rows
        return bool(header)

    def finished(self) -> Path:
        """The file with everything in it."""
        self.file.flush()
        return self.path


@contextmanager
def spooled(directory: Path) -> Iterator[Spool]:
    """A spool whose file is gone afterwards."""
    with NamedTemporaryFile(dir=directory, suffix=".native", buffering=1 << 16) as file:
        yield Spool(Path(file.name), file)
