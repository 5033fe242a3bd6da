"""The compiled core and the Python core make the same of every batch, byte for byte."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import Catalogue
from schemas.topics import Topics
from schemas.touchpoint import (
    Arrival,
    Erasure,
    Origin,
    Tick,
    Touchpoint,
    Withdrawal,
)
from streams.agents.stitch import Stitched
from streams.journey.packing import pack
from streams.journey.state import decode_head, encode, lasting_key
from streams.journey.taken import taken_key
from tests.streams.journey.both_cores import Both, Fed, sent
from tests.streams.journey.cases import CATALOGUE, DAY, HOUR, at, step, touchpoint
from tests.streams.journey.strategies import busy_morning, endings_and_feedback, endings_in_sessions, touchpoint_sets

pytest.importorskip("streams._core", reason="no compiled core: make .venv/.dev builds it where cargo is")

CUSTOMERS = ("C-1", "C-2")
CATALOGUES = (CATALOGUE, Catalogue(horizon=None), replace(CATALOGUE, horizon=2 * DAY))


@st.composite
def batches(draw: st.DrawFn) -> list[list[Fed]]:
    """Batches of two customers' touchpoints, out of order to any degree, some of them twice, with ticks between."""
    fed: list[Fed] = []
    before = draw(st.sampled_from(([], [], busy_morning())))
    for customer_id in CUSTOMERS:
        touchpoints = draw(
            st.one_of(touchpoint_sets(), touchpoint_sets(), endings_and_feedback(), endings_in_sessions())
        )
        order = draw(st.one_of(st.permutations(touchpoints), st.just(touchpoints), st.just(touchpoints)))
        for number, each in enumerate([*before, *order]):
            origin = Origin("touchpoints", number % 2, number)
            fed += [(customer_id, Arrival(each, origin, each.occurred_at + 5, None, b"{}"))] * draw(
                st.sampled_from((1, 1, 1, 1, 1, 2))
            )
    if draw(st.booleans()):
        fed = draw(st.permutations(fed))
    fed.insert(draw(st.integers(0, len(fed))), ("C-1", Tick()))
    cuts = sorted(draw(st.sets(st.integers(1, len(fed)))) | {0, len(fed)})
    return [fed[a:b] for a, b in pairwise(cuts)]


@given(batches(), st.sampled_from(CATALOGUES), st.sampled_from((0, 1, HOUR, 3 * DAY, 400 * DAY)))
def test_rows_states_and_deadlines_are_the_same(fed: list[list[Fed]], catalogue: Catalogue, wait: int) -> None:
    both = Both(catalogue)
    clock = 0
    for batch in fed:
        clock = max([clock, *[item.at for _, item in batch if isinstance(item, Arrival)]])
        both.agree(batch, clock)
    both.agree([], clock + wait)


@given(batches(), st.sampled_from(CATALOGUES), st.sampled_from((0.0, 60.0, 1e9)))
def test_another_catalogue_judges_alike_what_the_one_before_had_sent(
    fed: list[list[Fed]], catalogue: Catalogue, standard: float
) -> None:
    both = Both(catalogue)
    other = replace(catalogue, rules={}, default=replace(catalogue.default, wait_standard=standard))
    clock = 0
    for number, batch in enumerate(fed):
        if number == len(fed) // 2:
            both.compiled.restart(other)
            both.python.restart(other)
        clock = max([clock, *[item.at for _, item in batch if isinstance(item, Arrival)]])
        both.agree(batch, clock)


def test_handoffs_long_past_stay_as_they_were_sent_until_something_changes_them() -> None:
    both = Both(CATALOGUE)
    channels = ("hotline", "branch", "atm", "hotline", "branch")
    moment = at("2 09:00")
    for number, channel in enumerate(channels):
        one = step(f"e{number}", channel, "2 09:00", session_id=f"s{number}", wait_seconds=5.0 * (number == 1))
        both.agree([("C-1", arrival(replaced(one, moment), number))], moment)
        moment += HOUR
    strict = replace(CATALOGUE, rules={}, default=replace(CATALOGUE.default, wait_standard=1.0))
    both.compiled.restart(strict)
    both.python.restart(strict)
    asked = step("e9", "branch", "2 09:00", session_id="s4")
    assert handoffs(both.agree([("C-1", arrival(replaced(asked, moment), 9))], moment)) == 1
    cared = step("e10", "branch", "2 09:00", session_id="s4", care=("blind",))
    assert handoffs(both.agree([("C-1", arrival(replaced(cared, moment + 1), 10))], moment + 1)) == 4
    assert not both.left


def test_care_of_a_touchpoint_that_leaves_a_journey_again_leaves_its_handoffs() -> None:
    both = Both(CATALOGUE)
    steps = [step("e0", "hotline", "2 09:00"), step("e1", "branch", "2 10:00", session_id="s")]
    passing = touchpoint("e2", "branch", "2 10:10", session_id="s", care=("elderly",))
    taken = step("e3", "branch", "2 10:20", session_id="s", intent="transfer")
    sent_each = [
        handoffs(both.agree([("C-1", arrival(one, number))], one.occurred_at))
        for number, one in enumerate([*steps, passing, taken])
    ]
    assert sent_each == [0, 1, 1, 1]
    assert not both.left


@given(st.text(max_size=12), st.sampled_from(("fee", "\u2028\x7f", '"\\')), st.floats(0, 1e8), st.integers(0, 2**40))
def test_texts_and_numbers_are_written_alike(text: str, key: str, seconds: float, later: int) -> None:
    both = Both(CATALOGUE)
    first = step("e1", "hotline", "2 09:00", answers={key: text}, wait_seconds=seconds, reasked=(text,))
    second = msgspec.structs.replace(
        first, event_id=text, channel="branch", occurred_at=first.occurred_at + later, answers={key: "other"}
    )
    customer_id = text.replace("\x00", "")
    both.agree([(customer_id, arrival(first, 0)), (customer_id, arrival(second, 1))], second.occurred_at)
    both.agree([], second.occurred_at + 400 * DAY)


def test_a_long_history_fills_and_merges_segments_alike() -> None:
    both = Both(CATALOGUE)
    now = at("2 09:00")
    for number in range(60):
        steps = [
            step(f"e{number}-{place}", "hotline", "2 09:00", session_id=f"s{number // 3}")
            for place in range(1 + number % 9)
        ]
        moved = [msgspec.structs.replace(one, occurred_at=now + place) for place, one in enumerate(steps)]
        both.agree([("C-1", arrival(one, number * 10 + place)) for place, one in enumerate(moved)], now + 10)
        now += 20 * 60_000
    late = step("late", "branch", "2 10:01", session_id="s1")
    both.agree([("C-1", arrival(late, 999))], now)
    assert not both.left


def test_what_is_ordinary_is_not_left_to_python() -> None:
    both = Both(Catalogue())
    both.agree([("C-1", arrival(step("e1", "mobile_app", "2 09:00", referral_to="branch"), 0))], at("2 09:00"))
    both.agree([("C-1", arrival(step("e3", "branch", "2 11:00", wait_seconds=9.5), 1))], at("2 11:00"))
    both.agree([("C-1", arrival(touchpoint("e2", "branch", "2 10:59", session_id="s"), 2))], at("2 11:01"))
    both.agree([], at("9 11:00"))
    assert not both.left


def test_what_is_not_ordinary_is_left_to_python_with_the_reason() -> None:
    both = Both(Catalogue())
    first = arrival(step("e1", "mobile_app", "2 09:00"), 0)
    both.agree([("C-1", first), ("C-2", first)], at("2 09:00"))
    both.agree([("C-1", first)], at("2 09:00"))
    both.agree([("C-2", Withdrawal("mobile_app", "e1", first.at, first.origin))], at("2 09:00"))
    both.agree([("C-3", Erasure(5)), ("C-4", arrival(step("old", "branch", "1 00:00"), 1))], at("30 00:00") + 60 * DAY)
    both.agree([("C-5", arrival(step("long", "branch", "3 00:00", wait_seconds=1e300), 2))], at("3 00:00"))
    assert both.left == {
        b"C-1": "perhaps known",
        b"C-2": "no arrival",
        b"C-3": "no arrival",
        b"C-4": "too late",
        b"C-5": "years of waiting",
    }


def test_parts_of_a_head_that_are_not_of_one_writing_are_left_to_python_which_refuses_them() -> None:
    both = Both(CATALOGUE)
    fed = [("C-1", arrival(each, number)) for number, each in enumerate(busy_morning())]
    both.agree(fed[:-4], at("2 09:00"))
    lasting = both.python.states.data[0][lasting_key("C-1")]
    both.agree(fed[-4:], at("2 09:00"))
    both.left.clear()
    for core in (both.compiled, both.python):
        assert core.states.data[0][lasting_key("C-1")] != lasting
        core.states.data[0][lasting_key("C-1")] = lasting
    stitched = both.agree([("C-1", arrival(step("e1", "branch", "2 11:00"), 99))], at("2 11:00"))
    assert both.left == {b"C-1": "parts of a head that are not of one writing"}
    (letter,) = (json.loads(value) for values in sent(stitched).values() for value in values if value)
    assert letter["reason"] == "internal"
    assert "PartsApart in opening.py" in letter["errors"][0]


def test_a_head_that_marks_its_other_part_without_a_digest_is_taken_by_both() -> None:
    both = Both(CATALOGUE)
    both.agree([("C-1", arrival(each, number)) for number, each in enumerate(busy_morning())], at("2 09:00"))
    for core in (both.compiled, both.python):
        value = core.states.data[0][b"C-1"]
        head = decode_head(value)
        head.due_at, head.lasting = None, b"\x01"
        core.states.data[0][b"C-1"] = value[:8] + pack(encode(head))
    both.agree([("C-1", arrival(step("e1", "branch", "2 11:00"), 99))], at("2 11:00"))
    assert not both.left


def test_customers_with_twins_are_left_to_python_until_these_are_forgotten() -> None:
    both = Both(replace(CATALOGUE, horizon=2 * DAY))
    held = arrival(step("e1", "mobile_app", "2 09:00", identities={"device": "d"}), 0)
    own = arrival(step("e1", "mobile_app", "2 08:00", identities={"customer_no": "1"}), 1)
    both.agree([("C-1", held), ("C-1", arrival(step("e0", "branch", "2 07:00"), 2))], at("2 09:00"))
    both.agree([("C-1", own), ("C-1", Withdrawal("mobile_app", "e1", held.at, held.origin))], at("2 09:00"))
    both.left.clear()
    both.agree([("C-1", arrival(step("e2", "branch", "2 09:30"), 3))], at("2 09:30"))
    assert both.left == {b"C-1": "twins"}
    assert taken_key("C-1") in both.python.states.data[0]
    both.agree([("C-1", own)], at("2 09:30"))
    both.agree([("C-1", arrival(step("e4", "branch", "4 08:00"), 5))], at("4 08:01"))
    both.left.clear()
    both.agree([("C-1", arrival(step("e5", "branch", "4 08:02"), 6))], at("4 08:02"))
    assert both.left == {}
    assert taken_key("C-1") not in both.python.states.data[0]


def arrival(touchpoint: Touchpoint, offset: int) -> Arrival:
    return Arrival(touchpoint, Origin("touchpoints", 0, offset), touchpoint.occurred_at, None, b"{}")


def replaced(touchpoint: Touchpoint, occurred_at: int) -> Touchpoint:
    return msgspec.structs.replace(touchpoint, occurred_at=occurred_at)


def handoffs(stitched: Stitched) -> int:
    """How many rows of handoffs are sent."""
    topic = Topics().handoffs
    return sum(len(group) for one in stitched.effects.outputs if one.topic == topic for group in one.groups)
