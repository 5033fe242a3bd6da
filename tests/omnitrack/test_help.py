"""What `--help` says is text for a terminal of any width."""

from __future__ import annotations

import pytest
from rich.text import Text
from typer.testing import CliRunner

from omnitrack.cli import app, command
from omnitrack.commands import COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_sentences_end_lines_only_where_the_terminal_does(name: str) -> None:
    wide = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "2000", "TERMINAL_WIDTH": "2000"}).stdout
    prose = [line.strip() for line in wide.partition("╭")[0].splitlines()]
    paragraphs = [line for line in prose if line and not line.startswith("Usage:")]
    assert paragraphs
    assert all(line.endswith((".", ":", ")")) for line in paragraphs), paragraphs


@pytest.mark.parametrize("name", COMMANDS)
def test_what_an_option_does_is_told_whole(name: str) -> None:
    made = command(name)
    texts = [option.help or "" for one in (made, *getattr(made, "commands", {}).values()) for option in one.params]
    assert [text for text in texts if Text.from_markup(text).plain != text] == []
