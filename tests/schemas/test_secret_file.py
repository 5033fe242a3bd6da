"""Passwords out of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.secret_file import NoSecret, first_line


@pytest.mark.parametrize(
    ("content", "password"), [(b"s3cret", "s3cret"), (b"s3cret\r\n", "s3cret"), (b" s3 cret \nand more\n", " s3 cret ")]
)
def test_the_first_line_is_the_password(tmp_path: Path, content: bytes, password: str) -> None:
    (tmp_path / "password").write_bytes(content)
    assert first_line(tmp_path / "password") == password


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "its first line is empty"), (b"\ns3cret", "its first line is empty"), (b"\xffs3", "UTF-8")],
)
def test_what_holds_none_is_refused_without_a_byte_of_it(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "password").write_bytes(content)
    with pytest.raises(NoSecret, match=why) as refused:
        first_line(tmp_path / "password")
    assert "s3" not in str(refused.value)
    assert "0xff" not in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoSecret, match="No such file"):
        first_line(tmp_path / "password")
