"""A log in the state table: whatever is entered is found, in its order, under few keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.touchpoint import Origin, Touchpoint
from streams.journey.log import Log, LogDamaged
from streams.journey.state import Head, Stored, decode_head, decode_stored, encode_head

CUSTOMER = "C-1"


def stored(number: int) -> Stored:
    touchpoint = Touchpoint("atm", f"e-{number}", 1_000 * number, "card.swallowed", "inquire")
    return Stored(touchpoint, 1_000 * number, Origin("omnitrack.touchpoints.atm", 0, number))


class Kept:
    """A customer's log as a worker keeps it: the head encoded, each batch with a `Log` of its own."""

    def __init__(self) -> None:
        self.head = encode_head(Head())
        self.state: dict[bytes, bytes] = {}

    def open(self) -> tuple[Head, Log[Stored]]:
        head = decode_head(self.head)
        return head, Log(CUSTOMER, head, self.state.get, decode_stored)

    def close(self, head: Head, writes: dict[bytes, bytes | None]) -> None:
        self.head = encode_head(head)
        for key, value in writes.items():
            if value is None:
                del self.state[key]
            else:
                self.state[key] = value

    def add(self, entries: list[Stored]) -> None:
        head, log = self.open()
        self.close(head, log.add(head, entries))

    def replace(self, entries: list[Stored]) -> None:
        head, log = self.open()
        self.close(head, log.replace(head, entries))

    def all(self) -> list[Stored]:
        head, log = self.open()
        return log.all(head)


steps = st.lists(st.integers(1, 20) | st.just(0), max_size=60)
"""How many are entered at once; 0 takes out every other one."""


@given(steps)
def test_what_was_entered_is_there_in_its_order_and_found_by_its_name(counts: list[int]) -> None:
    kept, wanted, number = Kept(), list[Stored](), 0
    for count in counts:
        if count:
            fresh = [stored(number + each) for each in range(count)]
            number += count
            wanted += fresh
            kept.add(fresh)
        else:
            wanted = wanted[::2]
            kept.replace(wanted)
        assert kept.all() == wanted
    _, log = kept.open()
    for entry in wanted:
        assert log.find(("atm", entry.touchpoint.event_id)) == entry
    assert log.find(("atm", f"e-{number}")) is None


@given(st.integers(1, 600))
def test_a_log_that_grows_one_by_one_has_few_keys(count: int) -> None:
    kept = Kept()
    for number in range(count):
        kept.add([stored(number)])
    assert len(kept.state) <= 32 + count / 256
    assert len(kept.state) <= 1 + count / 8


def test_the_same_log_shows_what_it_was_just_given() -> None:
    kept = Kept()
    kept.add([stored(0)])
    head, log = kept.open()
    assert log.all(head) == [stored(0)]
    log.add(head, [stored(1)])
    log.add(head, [stored(2)])
    assert log.all(head) == [stored(0), stored(1), stored(2)]


def test_a_segment_that_is_lost_is_named() -> None:
    kept = Kept()
    kept.add([stored(0)])
    kept.state.clear()
    with pytest.raises(LogDamaged, match="C-1: the state table lacks segment 0"):
        kept.all()
    with pytest.raises(LogDamaged, match="C-1: the state table lacks segment 0"):
        kept.add([stored(1)])
