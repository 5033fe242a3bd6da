"""The analyst's guide as a program: its questions are asked and its records arrive, in the order in which they stand.

A fenced block of `sql` is a question; the table after it is its answer. A fenced block of `json` holds touchpoints with
a customer number, one per line; after the word stands the time at which they are received, and, if that is later, the
time up to which the clock has gone on since.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
from clickhouse_driver import Client

from omnitrack.sql_output import text_of
from schemas.decode import decoder_for
from schemas.topics import BUILT_IN_CHANNELS
from schemas.touchpoint import Touchpoint
from tests.support.bank_month import BankMonth

GUIDE = Path(__file__).parents[2] / "docs" / "analysts.md"
ANSWER = r"(?:\n((?:\|[^\n]*\n)+))?"
BLOCK = re.compile(r"^```(sql|json)(?: (\S+))?(?: (\S+))?\n(.*?)^```\n" + ANSWER, re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """`start` and `end` are where it stands, with its answer if it has one; `answer` is a table, empty if missing."""

    language: str
    received_at: str
    clock: str
    text: str
    answer: str
    heading: str
    start: int
    end: int


def blocks_of(guide: str) -> Iterator[Block]:
    for match in BLOCK.finditer(guide):
        headings = HEADING.findall(guide, 0, match.start())
        language, received_at, clock, text, answer = match.groups(default="")
        yield Block(language, received_at, clock or received_at, text, answer, headings[-1], match.start(), match.end())


def answers_of(blocks: Iterable[Block], bank: BankMonth, client: Client) -> Iterator[str]:
    """The answer to each question, in order; records arrive in between. Nothing is merged, so old versions show."""
    for table in ("touchpoints", "journeys", "handoffs", "promises"):
        client.execute(f"SYSTEM STOP MERGES {table}")
    for block in blocks:
        if block.language == "sql":
            yield ask(client, block.text)
        else:
            _receive(bank, block)


def with_answers(guide: str, answers: Sequence[str]) -> str:
    """The guide with an answer after each question, in place of the one that stands there."""
    questions = [block for block in blocks_of(guide) if block.language == "sql"]
    for block, answer in reversed(list(zip(questions, answers, strict=True))):
        guide = f"{guide[: block.start]}```sql\n{block.text}```\n\n{answer}{guide[block.end :]}"
    return guide


def ask(client: Client, sql: str) -> str:
    """The answer as a Markdown table, each line with its end."""
    rows, columns = client.execute(sql.strip().rstrip(";"), with_column_types=True)
    lines = [[name for name, _ in columns], ["---"] * len(columns), *([_cell(it) for it in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(value: object) -> str:
    text = "NULL" if value is None else text_of(value)
    return text.replace("|", "\\|").replace("\n", " ")


def _receive(bank: BankMonth, block: Block) -> None:
    received_at, clock = _milliseconds(block.received_at), _milliseconds(block.clock)
    arrived = []
    for line in block.text.splitlines():
        channel = msgspec.json.decode(line)["channel"]
        touchpoint = decoder_for(BUILT_IN_CHANNELS).decode(line.encode(), channel, received_at)
        assert isinstance(touchpoint, Touchpoint), touchpoint
        arrived.append((touchpoint.identities["customer_no"], touchpoint))
    bank.arrive(arrived, clock, received_at=received_at)


def _milliseconds(time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1000)
