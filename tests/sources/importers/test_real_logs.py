"""The importers on the real logs, where these are: every line accounted for, every touchpoint valid."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from sources.importers.formats import Format, importer
from sources.importers.inputs import open_input
from sources.importers.outcomes import Outcome
from sources.importers.technion_lines import COLUMNS, NO_SERVER
from tests.sources.importers.accounts import assert_sound, reasons

DATA = Path(__file__).parents[4] / "shared" / "data"
BPI2012 = DATA / "bpi2012" / "applications_2011-10.csv"
TECHNION = DATA / "technion" / "calls_1999-02.tsv"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not here: ../shared/data")


@cache
def read(form: Format, path: Path) -> list[Outcome]:
    with open_input(str(path)) as source:
        return list(importer(form)(source.lines, path.name))


def test_loan_applications_of_a_month() -> None:
    outcomes = read(Format.BPI2012, BPI2012)
    touchpoints = assert_sound(outcomes, 40_138)
    assert len(touchpoints) == 15_185
    assert reasons(outcomes) == {
        "header": 1,
        "back office": 11_689,
        "completed without a start": 160,
        "scheduled, never started": 3,
        "scheduled again before its start": 1,
    }
    assert len({one.case_id for one in touchpoints}) == 1_044
    decided = [one for one in touchpoints if one.stage == "decide"]
    assert len(decided) == len({one.case_id for one in decided}) == 1_044


def test_calls_of_a_month() -> None:
    outcomes = read(Format.TECHNION, TECHNION)
    touchpoints = assert_sound(outcomes, 33_345)
    assert len(touchpoints) == 84_191
    assert reasons(outcomes) == {
        "header": 1,
        "phantom call": 278,
        "agent without a name: not taken for settled": 491,
        "service before the end of waiting: taken at the end of waiting": 285,
        "service times of a call that was hung up: left out": 97,
        "agent without service times: handling unknown": 50,
        "entry after the exit of the voice response: taken at the exit": 23,
        "customer number rounded by a spreadsheet, others may share it: taken as unknown": 21,
    }
    assert sum(one.stage == "enter" for one in touchpoints) == 33_066


def test_no_agent_is_named_in_the_touchpoints() -> None:
    rows = [line.split("\t") for line in TECHNION.read_text().splitlines()[1:]]
    names = {row[COLUMNS.index("server")] for row in rows} - {NO_SERVER}
    assert len(names) == 24
    payloads = repr([one for one in read(Format.TECHNION, TECHNION) if hasattr(one, "payload")])
    assert [name for name in names if name in payloads.upper()] == []
