"""A record on which the core fails, or that is none, stops nobody else."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from schemas.touchpoint import encode_customer_record
from streams.agents import stitch as stitching
from streams.batching import Batch
from streams.journey import Change, advance_through
from streams.poison import MostlyPoison
from tests.streams.agents.fake_record import NOW, FakeRecord
from tests.streams.agents.stitch_bench import PARTITION, TOPICS, Bench, FakeDelivery, arrival


class Defect(Exception):
    """Raised by the core, on records that a test names."""


@pytest.fixture
def defect(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the core fail on every touchpoint with this event_id, whatever comes with it; `state`: on any state."""

    def fail_on(event_id: str) -> None:
        def advance(customer_id: str, get: Any, items: Sequence[Any], *times: Any) -> Change:
            if event_id == "state" or any(item.touchpoint.event_id == event_id for item in items):
                raise Defect(f"the secret of {customer_id}")
            return advance_through(customer_id, get, items, *times)

        monkeypatch.setattr(stitching, "advance_through", advance)

    return fail_on


def test_a_record_on_which_the_core_fails_becomes_a_dead_letter_and_all_others_are_stitched(
    defect: Callable[[str], None],
) -> None:
    defect("e7")
    bench = Bench(compiled=False)
    assert bench.feed(
        *(("C-1", arrival(f"e{number}", NOW + number, number)) for number in range(20)), ("C-2", arrival("x", NOW, 99))
    )
    [letter] = bench.letters()
    assert (letter.reason, letter.offset, b64decode(letter.payload)) == ("internal", 7, b"payload")
    assert letter.errors[0].startswith("stitching failed with Defect in test_stitch_poison.py:")
    assert len(bench.publisher.records(TOPICS.stitched)) == 20


def test_neither_a_customer_nor_what_an_error_says_gets_into_a_letter_or_a_log(
    defect: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    defect("e1")
    bench = Bench(compiled=False)
    bench.feed(("C-12345", arrival("e1", NOW)))
    output = capsys.readouterr()
    assert "Defect in" in output.out + output.err
    assert "C-12345" not in output.out + output.err + str(bench.letters()[0].errors)


def test_a_state_that_is_at_fault_turns_its_customer_s_records_into_dead_letters_and_no_others(
    defect: Callable[[str], None],
) -> None:
    bench = Bench(compiled=False)
    bench.feed(("C-1", arrival("e0", NOW)), ("C-2", arrival("e0", NOW)))
    bench.states.data[PARTITION][b"C-1"] = b"junk"
    bench.feed(*(("C-1", arrival(f"e{number}", NOW, number)) for number in (1, 2)), ("C-2", arrival("e3", NOW, 3)))
    assert [(letter.reason, letter.offset) for letter in bench.letters()] == [("internal", 1), ("internal", 2)]
    assert len(bench.publisher.records(TOPICS.stitched)) == 3
    assert bench.states.data[PARTITION][b"C-1"] == b"junk"


def test_when_nearly_everything_fails_the_worker_ends_and_acknowledges_nothing(defect: Callable[[str], None]) -> None:
    defect("state")
    bench = Bench(compiled=False)
    with pytest.raises(MostlyPoison, match="stitching fails on 100 of 100 records"):
        bench.feed(*((f"C-{number}", arrival("e1", NOW, number)) for number in range(100)))
    assert bench.publisher.sent == []


def test_a_record_whose_key_is_no_text_is_kept_and_stops_nobody() -> None:
    bench = Bench(compiled=False)
    batch = Batch(TOPICS.customer, PARTITION, [FakeRecord(0, b"\xff", encode_customer_record(arrival("e1", NOW)))], 1)
    asyncio.run(bench.stitch(batch, FakeDelivery(), NOW))
    assert [letter.reason for letter in bench.letters()] == ["schema"]


def test_a_state_that_outgrows_the_changelog_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stitching, "GREATEST_STATE", 400)
    bench = Bench(compiled=False)
    for number in range(160):
        bench.feed(("C-1", arrival(f"e{number}", NOW + number, number)))
    assert {letter.reason for letter in bench.letters()} == {"internal"}
    assert max(map(len, bench.states.data[PARTITION].values())) <= 400
