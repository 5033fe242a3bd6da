"""Splitting a .sql file into its statements."""

from __future__ import annotations

import re

# What may hold a semicolon that ends nothing, then the semicolon that ends a statement, then any other character.
TOKEN = re.compile(
    r"""
    (?P<comment> --[^\n]* | \#[!\ ][^\n]* | /\*.*?\*/ )
    | (?P<quoted> '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" | `(?:[^`\\]|\\.)*` | (?P<tag>\$\w*\$).*?(?P=tag) )
    | (?P<end> ; )
    | (?P<blank> \s+ )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)


def split_statements(sql: str) -> tuple[str, ...]:
    """The statements of `sql` in order, without their semicolons; comments stay with the statement they precede.

    Semicolons in comments, strings, quoted identifiers and heredocs end nothing. Text that holds only comments is no
    statement.
    """
    statements: list[str] = []
    start, has_code = 0, False
    for token in TOKEN.finditer(sql):
        if token.lastgroup == "end":
            if has_code:
                statements.append(sql[start : token.start()].strip())
            start, has_code = token.end(), False
        elif token.lastgroup not in ("comment", "blank"):
            has_code = True
    if has_code:
        statements.append(sql[start:].strip())
    return tuple(statements)
