"""The documents that are made from the database are true to it: each answer of the guide, and the data dictionary."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sinks.clickhouse.client import connected
from sinks.clickhouse.settings import ClickHouseSettings
from tests.docs.dictionary import DICTIONARY, read_dictionary
from tests.docs.guide import GUIDE, answers_of, blocks_of, with_answers
from tests.support.bank_month import BankMonth
from tests.support.clickhouse import fresh_database

QUESTIONS = [block for block in blocks_of(GUIDE.read_text()) if block.language == "sql"]
RENEW = "it says something else now: read it, then run `make docs`"


@pytest.fixture(scope="module")
def answers(clickhouse_url: str) -> Iterator[list[str]]:
    with fresh_database(clickhouse_url) as settings:
        bank = BankMonth(settings)
        with connected(settings) as client:
            yield list(answers_of(blocks_of(GUIDE.read_text()), bank, client))


@pytest.mark.parametrize(
    "number", [pytest.param(at, id=f"{at}: {block.heading}") for at, block in enumerate(QUESTIONS)]
)
def test_the_guide_shows_what_clickhouse_answers(answers: list[str], number: int) -> None:
    shown, answer = QUESTIONS[number].answer, answers[number]
    assert shown == answer, RENEW
    assert shown.count("\n") > 2, "a question without an answer teaches nothing"


def test_the_guide_has_twelve_worked_questions() -> None:
    assert len({block.heading for block in QUESTIONS if block.heading[0].isdigit()}) == 12


def test_renewed_answers_take_the_place_of_the_old_ones_and_of_nothing_else() -> None:
    guide = GUIDE.read_text()
    once = with_answers(guide, [f"| {at} |\n| --- |\n| x |\n" for at, _ in enumerate(QUESTIONS)])
    assert with_answers(once, [block.answer for block in QUESTIONS]) == guide
    assert [block.text for block in blocks_of(once)] == [block.text for block in blocks_of(guide)]


def test_the_data_dictionary_is_what_the_database_says_of_itself(clickhouse: ClickHouseSettings) -> None:
    with connected(clickhouse) as client:
        assert read_dictionary(client) == DICTIONARY.read_text(), RENEW


def test_every_column_has_a_meaning(clickhouse: ClickHouseSettings) -> None:
    with connected(clickhouse) as client:
        silent = client.execute(
            "SELECT table, name FROM system.columns WHERE database = currentDatabase() AND comment = ''"
        )
    # What feeds a table has the columns of that table.
    ours = [name for name in silent if not name[0].startswith(("schema_", "explorer_"))]
    assert [name for name in ours if "_into_" not in name[0]] == []
