"""A file of SQL is split at the semicolons that end statements, and at no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.clickhouse.statements import split_statements


@pytest.mark.parametrize(
    ("sql", "statements"),
    [
        ("", ()),
        (" ;;\n; ", ()),
        ("SELECT 1", ("SELECT 1",)),
        ("SELECT 1;", ("SELECT 1",)),
        ("SELECT 1; SELECT 2", ("SELECT 1", "SELECT 2")),
        ("SELECT ';'; SELECT 2", ("SELECT ';'", "SELECT 2")),
        (r"SELECT 'it\';s'; SELECT 2", (r"SELECT 'it\';s'", "SELECT 2")),
        ("SELECT 'it'';s'; SELECT 2", ("SELECT 'it'';s'", "SELECT 2")),
        ('SELECT "a;b", `c;d`; SELECT 2', ('SELECT "a;b", `c;d`', "SELECT 2")),
        ("SELECT 1 -- no; end\n+ 1; SELECT 2", ("SELECT 1 -- no; end\n+ 1", "SELECT 2")),
        ("SELECT 1 /* no;\nend */ + 1; SELECT 2", ("SELECT 1 /* no;\nend */ + 1", "SELECT 2")),
        ("SELECT 1 # no; end\n+ 1", ("SELECT 1 # no; end\n+ 1",)),
        ("SELECT $x$ ; $y$ ; $x$; SELECT 2", ("SELECT $x$ ; $y$ ; $x$", "SELECT 2")),
        ("-- why\nSELECT 1;\n-- the end;\n", ("-- why\nSELECT 1",)),
        ("SELECT '-- ' ; SELECT 2", ("SELECT '-- '", "SELECT 2")),
        ("SELECT 'open; SELECT 2", ("SELECT 'open", "SELECT 2")),
    ],
)
def test_statements(sql: str, statements: tuple[str, ...]) -> None:
    assert split_statements(sql) == statements


pieces = st.sampled_from(
    ["SELECT", "1", " ", "\n", "';'", '";"', "`;`", "-- ;\n", "/* ; */", r"'\';'", "''", "$$;$$", "(", ","]
)
statements = st.lists(pieces, max_size=8).map(lambda words: "SELECT " + " ".join(words)).map(str.strip)


@given(st.lists(statements, max_size=5))
def test_joined_statements_come_apart_as_they_were(parts: list[str]) -> None:
    assert split_statements("\n;\n".join(parts)) == tuple(parts)
