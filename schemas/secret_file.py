"""Passwords out of files, as orchestrators mount them: the first line is the password, whatever is appended to it."""

from __future__ import annotations

from pathlib import Path


class NoSecret(ValueError):
    """A file holds no secret: why, without a word of what is in it."""


def first_line(file: Path) -> str:
    """The first line of a file, without its end. Raises `NoSecret`."""
    try:
        line = file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except OSError as error:
        raise NoSecret(error.strerror) from error
    except UnicodeDecodeError:
        # The error itself would tell a byte of the secret.
        raise NoSecret("is not UTF-8") from None
    if not line:
        raise NoSecret("its first line is empty, and should be the password")
    return line
