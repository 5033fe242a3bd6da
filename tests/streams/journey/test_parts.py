"""A head at rest in two parts: they are read together only if they were written together."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.touchpoint import Erasure
from streams.journey.erasure import erased_key
from streams.journey.log import LogDamaged
from streams.journey.opening import PartsApart, open_state
from streams.journey.packing import pack
from streams.journey.state import decode_head, encode, head_key, lasting_key
from tests.streams.journey.cases import CATALOGUE, at, step
from tests.streams.journey.play import CUSTOMER, Player
from tests.streams.journey.strategies import busy_morning

HEAD, LASTING = head_key(CUSTOMER), lasting_key(CUSTOMER)
NOW = at("2 18:00")

State = dict[bytes, bytes]


def states_of_a_busy_day() -> list[State]:
    """What rests after each touchpoint, from the first on that leaves a head in two parts."""
    player = Player(CATALOGUE)
    player.arrive(*busy_morning(), clock=at("2 09:00"))
    states = [dict(player.state)]
    for minute in range(0, 120, 5):
        when = f"2 {15 + minute // 60}:{minute % 60:02}"
        outcome = "progressed" if minute % 20 else "succeeded"
        player.arrive(step(when, "atm", when, outcome=outcome), clock=at(when))
        states.append(dict(player.state))
    return states


STATES = states_of_a_busy_day()
states = st.sampled_from(STATES)


def as_written_before(state: State) -> State:
    """The same as a version wrote it that marked heads in two parts, and packed them like others."""
    head = decode_head(state[HEAD])
    head.due_at, head.lasting = None, b"\x01"
    return state | {HEAD: state[HEAD][:8] + pack(encode(head))}


def test_a_day_has_heads_that_share_their_lasting_part_and_some_that_do_not() -> None:
    assert 1 < len({state[LASTING] for state in STATES}) < len(STATES)


@given(states, states)
def test_parts_of_two_writings_are_not_taken_for_one(of_head: State, of_lasting: State) -> None:
    mixed = of_head | {LASTING: of_lasting[LASTING]}
    if of_head[LASTING] == of_lasting[LASTING]:
        open_state(CUSTOMER, mixed.get)
    else:
        with pytest.raises(PartsApart, match="C-1: the head and the part of it that lasts are not of one writing"):
            open_state(CUSTOMER, mixed.get)


@given(states)
def test_a_part_that_is_lost_is_named(state: State) -> None:
    del (lost := dict(state))[LASTING]
    with pytest.raises(LogDamaged, match="C-1: the state table lacks the part of the head that lasts"):
        open_state(CUSTOMER, lost.get)


@given(states)
def test_who_knows_of_whole_heads_only_refuses_one_in_two_parts(state: State) -> None:
    assert state[HEAD][8:9] == b"\x02"
    assert {value[:1] for key, value in state.items() if key != HEAD} == {b"\x01"}


@given(states)
def test_what_was_written_with_a_mark_only_is_read_and_then_written_with_a_digest(state: State) -> None:
    before = as_written_before(state)
    (head, _), (now, _) = open_state(CUSTOMER, before.get), open_state(CUSTOMER, state.get)
    assert msgspec.structs.asdict(head) == msgspec.structs.asdict(now)
    player = Player(CATALOGUE, state=before)
    player.arrive(step("later", "atm", "2 17:30", outcome="succeeded"), clock=NOW)
    assert player.state[HEAD][8:9] == b"\x02"
    assert len(decode_head(player.state[HEAD]).lasting) == 4


@given(states, st.sampled_from(["whole", "lost", "another"]))
def test_an_erasure_leaves_nothing_also_where_the_parts_are_damaged(state: State, damage: str) -> None:
    player = Player(CATALOGUE, state=dict(state))
    if damage == "lost":
        del player.state[LASTING]
    elif damage == "another":
        player.state[LASTING] = STATES[0][LASTING]
    player.take([Erasure(NOW)], clock=NOW)
    assert player.state.keys() == {erased_key(CUSTOMER)}


@pytest.mark.parametrize("head", [None, b"", b"short", STATES[-1][HEAD][:8] + b"\x09of a later version", b"\xff" * 90])
def test_an_erasure_leaves_nothing_of_a_state_whose_head_is_lost_or_cannot_be_read(head: bytes | None) -> None:
    player = Player(CATALOGUE, state=dict(STATES[-1]))
    if head is None:
        del player.state[HEAD]
    else:
        player.state[HEAD] = head
    player.take([Erasure(NOW)], clock=NOW)
    assert player.state.keys() == {erased_key(CUSTOMER)}
    assert player.take([Erasure(NOW)], clock=NOW).writes.keys() == {erased_key(CUSTOMER)}
