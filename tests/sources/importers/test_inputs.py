"""Opening what importers read."""

from __future__ import annotations

import gzip
from io import BytesIO
from pathlib import Path

import pytest

from sources.importers import inputs
from sources.importers.inputs import InputError, check_paths, numbered_lines, open_input


def contents(path: Path) -> list[bytes]:
    with open_input(str(path)) as source:
        return [line.content for line in source.lines]


def test_lines_are_numbered_from_one_without_their_ends() -> None:
    lines = list(numbered_lines(BytesIO(b"one\r\n\ntwo")))
    assert [(line.number, line.content) for line in lines] == [(1, b"one"), (2, b""), (3, b"two")]


def test_a_line_that_is_too_long_loses_its_end_and_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "LONGEST_LINE", 4)
    lines = list(numbered_lines(BytesIO(b"0123456789\nabc\nabcd\n0123")))
    assert [line.content for line in lines] == [b"0123", b"abc", b"abcd", b"0123"]


def test_gzip_is_known_by_its_content_whatever_its_name(tmp_path: Path) -> None:
    for name in ("a.gz", "a.jsonl"):
        (tmp_path / name).write_bytes(gzip.compress(b"one\ntwo\n"))
        assert contents(tmp_path / name) == [b"one", b"two"]
    (tmp_path / "plain.gz").write_bytes(b"one\n")
    assert contents(tmp_path / "plain.gz") == [b"one"]


def test_a_gzip_file_cut_short_gives_its_beginning_then_an_error(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(b"".join(b"%d\n" % (number * 7919) for number in range(50_000)))[:-40])
    read: list[bytes] = []
    with open_input(str(path)) as source, pytest.raises(InputError, match="cannot be read further") as raised:
        read.extend(line.content for line in source.lines)
    assert read[:2] == [b"0", b"7919"]
    assert str(raised.value).startswith(f"{path}:{len(read) + 1}: ")


def test_position_reaches_the_size_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one\ntwo\n")
    with open_input(str(path)) as source:
        assert source.size == 8
        assert len(list(source.lines)) == 2
        assert source.position() == 8


def test_what_is_no_file_is_told_by_name(tmp_path: Path) -> None:
    present = tmp_path / "present"
    present.write_bytes(b"")
    check_paths([str(present), "-"])
    with pytest.raises(InputError, match="absent: no such file"):
        check_paths([str(present), str(tmp_path / "absent")])
    with pytest.raises(InputError, match="is a directory"):
        check_paths([str(tmp_path)])
    with pytest.raises(InputError, match="absent: No such file"), open_input(str(tmp_path / "absent")):
        pass
