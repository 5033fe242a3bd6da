"""Secrets out of files, as orchestrators mount them: a password is the first line, whatever is appended to it."""

from __future__ import annotations

from pathlib import Path


class NoSecret(ValueError):
    """A file holds no secret: why, without a word of what is in it."""


def first_line(file: Path) -> str:
    """The first line of a file, without its end. Raises `NoSecret`."""
    line = lines(file)[0]
    if not line:
        raise NoSecret("its first line is empty, and should be the password")
    return line


def lines(file: Path) -> list[str]:
    """All lines of a file, without their ends; one that is empty has one. Raises `NoSecret` if it cannot be read."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise NoSecret(error.strerror) from error
    except UnicodeDecodeError:
        # The error itself would tell a byte of the secret.
        raise NoSecret("is not UTF-8") from None
    return text.split("\n")
