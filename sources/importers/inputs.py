"""Opens what importers read: files, gzip files and standard input, as numbered lines of bytes."""

from __future__ import annotations

import gzip
import io
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

LONGEST_LINE = 64 << 20
"""Bytes of a line that are kept; what a longer one would cost in memory is not worth its refusal."""

_GZIP_MAGIC = b"\x1f\x8b"
_STDIN = "-"


class InputError(Exception):
    """A file cannot be opened, or not be read to its end; one line that names it."""


@dataclass(frozen=True, slots=True)
class Line:
    """Line `number`, from 1, without its line end."""

    number: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Input:
    """An open input. `size` is in bytes as stored, None if unknown; `position()` is how many of them are read."""

    name: str
    size: int | None
    lines: Iterator[Line]
    position: Callable[[], int]


@contextmanager
def open_input(path: str) -> Iterator[Input]:
    """The file at `path`, or standard input for `-`; gzip is known by its first bytes, not by its name.

    Raises InputError if it cannot be opened; reading its `lines` raises it where the rest cannot be read.
    """
    with ExitStack() as stack:
        if path == _STDIN:
            name, size, stored = "stdin", None, cast("io.BufferedReader", sys.stdin.buffer)
        else:
            name, (stored, size) = path, _open(path)
            stack.enter_context(stored)
        yield Input(name, size, _readable_lines(name, stored), stored.tell)


def check_paths(paths: Iterable[str]) -> None:
    """Raise InputError for the first path that is no file to read, before anything is done with the others."""
    for path in paths:
        if path == _STDIN:
            continue
        if not Path(path).exists():
            raise InputError(f"{path}: no such file")
        if Path(path).is_dir():
            raise InputError(f"{path}: is a directory: name its files")
        if not os.access(path, os.R_OK):
            raise InputError(f"{path}: may not be read: check its permissions")


def _open(path: str) -> tuple[io.BufferedReader, int | None]:
    try:
        file = Path(path)
        return file.open("rb"), file.stat().st_size if file.is_file() else None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error


def _readable_lines(name: str, stored: io.BufferedReader) -> Iterator[Line]:
    number = 0
    try:
        is_gzip = stored.peek(len(_GZIP_MAGIC)).startswith(_GZIP_MAGIC)
        stream = gzip.GzipFile(fileobj=stored) if is_gzip else stored
        for line in numbered_lines(cast("BinaryIO", stream)):
            number = line.number
            yield line
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{name}:{number + 1}: cannot be read further: {error}") from error


def numbered_lines(stream: BinaryIO) -> Iterator[Line]:
    """The lines of a stream; of one longer than `LONGEST_LINE` only the beginning."""
    number = 0
    while content := stream.readline(LONGEST_LINE):
        number += 1
        part = content
        while part and not part.endswith(b"\n"):
            part = stream.readline(LONGEST_LINE)
        yield Line(number, content.rstrip(b"\r\n"))
