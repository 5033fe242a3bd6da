"""The account of lines adds up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from omnitrack.publishing.tally import MOST_EXAMPLES, Tally
from schemas.refusal import Refusal
from sources.importers.outcomes import NoTouchpoint, Place, Refused, Used

REFUSAL = Refusal("schema", ("stage: must be one of …", "details: is required"))


def test_a_line_refused_by_the_contract_is_no_longer_used() -> None:
    tally = Tally()
    tally.judge(Used(Place("f", 1)))
    tally.refuse(Place("f", 1), REFUSAL)
    assert (tally.lines, tally.used, tally.refused) == (1, 0, {"schema": 1})
    assert tally.examples["schema"] == ["f:1: stage: must be one of …; details: is required"]


def test_a_line_with_several_refused_touchpoints_is_refused_once() -> None:
    tally = Tally()
    tally.judge(Used(Place("f", 1)))
    tally.refuse(Place("f", 1), REFUSAL)
    tally.refuse(Place("f", 1), REFUSAL)
    assert (tally.lines, tally.used, tally.refused) == (1, 0, {"schema": 1})


def test_only_the_first_examples_are_kept() -> None:
    tally = Tally()
    for line in range(1, 10):
        tally.judge(Refused(Place("f", line), "format", "line: is short", b""))
    assert tally.refused["format"] == 9
    assert tally.examples["format"] == [f"f:{line}: line: is short" for line in range(1, MOST_EXAMPLES + 1)]


fates = st.sampled_from(["used", "repaired", "none", "refused", "refused by the contract"])


@given(st.lists(fates, max_size=30))
def test_every_line_is_counted_once(lines: list[str]) -> None:
    tally = Tally()
    for number, fate in enumerate(lines, start=1):
        place = Place("f", number)
        match fate:
            case "none":
                tally.judge(NoTouchpoint(place, "blank line"))
            case "refused":
                tally.judge(Refused(place, "format", "line: is short", b""))
            case _:
                tally.judge(Used(place, ("mended",) if fate == "repaired" else ()))
        if fate == "refused by the contract":
            tally.refuse(place, REFUSAL)
    assert tally.lines == len(lines)
    assert tally.used == lines.count("used") + lines.count("repaired")
    assert tally.refused.total() == lines.count("refused") + lines.count("refused by the contract")
