"""Rows are printed in full, in each format by its own rules, and steer no terminal."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from omnitrack.sql_output import Format, print_table, render, text_of

NAMES = ["name", "value"]
TEXTS = st.lists(st.tuples(st.text(max_size=8), st.none() | st.text(max_size=8)), max_size=4)


def lines(form: Format, *rows: tuple[object, object]) -> list[str]:
    return list(render(form, NAMES, rows))


def table(*rows: tuple[object, ...], names: list[str] = NAMES, width: int = 80, terminal: bool = False) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None)
    print_table(console, names, rows)
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2026, 11, 24, 4, 5, 6, 120_000, tzinfo=UTC), "2026-11-24 04:05:06.120"),
        (datetime(2026, 11, 24, 4, 5, 6, tzinfo=UTC), "2026-11-24 04:05:06"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (["a", "b"], '["a","b"]'),
        ({"fee": "12 → 15"}, '{"fee":"12 → 15"}'),
        (True, "true"),
        (1.5, "1.5"),
    ],
)
def test_values_as_text(value: object, text: str) -> None:
    assert text_of(value) == text


@given(TEXTS)
def test_json_is_an_array_of_objects(rows: list[tuple[str, str | None]]) -> None:
    assert json.loads("\n".join(lines(Format.JSON, *rows))) == [dict(zip(NAMES, row, strict=True)) for row in rows]


@given(TEXTS)
def test_csv_can_be_read_back(rows: list[tuple[str, str | None]]) -> None:
    read = list(csv.reader(io.StringIO("\r\n".join(lines(Format.CSV, *rows)), newline="")))
    assert read == [NAMES, *([name, value or ""] for name, value in rows)]


@given(TEXTS)
def test_tsv_has_one_line_per_row_and_tells_null_from_empty(rows: list[tuple[str, str | None]]) -> None:
    printed = lines(Format.TSV, *rows)
    assert len(printed) == len(rows) + 1
    assert not any("\n" in line for line in printed)
    assert [line.split("\t")[1] == "\\N" for line in printed[1:]] == [value is None for _, value in rows]


def test_vertical_has_a_line_per_value() -> None:
    assert lines(Format.VERTICAL, ("a", None))[1:] == ["name   a", "value  NULL"]


@pytest.mark.parametrize("terminal", [True, False])
def test_control_characters_of_a_value_are_shown_not_obeyed(terminal: bool) -> None:
    printed = table(("\x1b[2J", "\x9b31m"), terminal=terminal) + "\n".join(lines(Format.VERTICAL, ("\x1b", "\x07")))
    assert "\x1b" not in printed
    assert "\x9b" not in printed
    assert "\\x1b[2J" in printed


def test_a_table_shows_markup_as_it_is() -> None:
    assert "[red]" in table(("[red]", "x"))


def test_a_table_into_a_pipe_is_never_folded() -> None:
    assert "x" * 500 in table(("x" * 500, "y"))


def test_a_table_too_wide_for_the_terminal_becomes_vertical() -> None:
    names = [f"column_{number}" for number in range(40)]
    printed = table(tuple(range(40)), names=names, terminal=True)
    assert "column_39" in printed
    assert printed.count("\n") == 41
