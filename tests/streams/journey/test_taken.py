"""Whatever is sent again and wherever stitching crashes: each record ends as if nobody had ever crashed."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.touchpoint import Erasure
from streams.journey.packing import pack
from streams.journey.state import encode
from streams.journey.taken import Taken, not_taken, taken_key
from tests.streams.agents.fake_record import FakeRecord
from tests.streams.journey.both_cores import Both
from tests.streams.journey.cases import CATALOGUE
from tests.streams.journey.play import CUSTOMER
from tests.streams.journey.records import (
    HELD,
    NOW,
    OWN,
    Customer,
    Record,
    arrival,
    records_in_order,
    withdrawal,
)

OTHER = replace(HELD, identities={"device": "e"})

Attempts = list[tuple[int, int]]
"""The batches that are taken, by the places of their first record and behind their last one."""


def deliver(customer: Customer, records: Sequence[Record], start: int, end: int) -> None:
    """Stitch a batch as the agent does; `start` is the offset of its first record."""
    placed = [(FakeRecord(offset, None, None), records[offset]) for offset in range(start, end)]
    new, taken = not_taken(customer.player.state.get(taken_key(CUSTOMER)), placed)
    customer.take(*(record for _, record in new), taken=taken)


@st.composite
def attempts(draw: st.DrawFn, records: int) -> Attempts:
    """Batches, one behind the other; after some of them it begins anew somewhere before."""
    found: Attempts = []
    start, crashes = 0, 0
    while start < records:
        end = draw(st.integers(start + 1, records))
        found.append((start, end))
        start = end
        if crashes < 4 and draw(st.booleans()):
            crashes += 1
            start = draw(st.integers(0, end))
    return found


@st.composite
def sent_and_attempted(draw: st.DrawFn) -> tuple[list[Record], Attempts]:
    records = draw(records_in_order(again=True))
    return records, draw(attempts(len(records)))


def three_of_one_name() -> list[Record]:
    """The first one leaves and comes back; of the third one, which came and went meanwhile, a part is sent again."""
    first, first_again = arrival(HELD, 0), arrival(HELD, 0, 2)
    third, third_again = arrival(OTHER, 2), arrival(OTHER, 2, 2)
    meanwhile: list[Record] = [arrival(OWN, 1), third, withdrawal(third), third_again, arrival(OWN, 3)]
    again: list[Record] = [first, withdrawal(first), withdrawal(third), third_again, first_again]
    return [first, *meanwhile, *again, withdrawal(third_again)]


@given(sent_and_attempted())
@example((three_of_one_name(), [(0, 12), (5, 12)]))
def test_each_record_ends_as_without_a_crash(case: tuple[list[Record], Attempts]) -> None:
    records, taken = case
    calm, crashed = Customer(), Customer()
    deliver(calm, records, 0, len(records))
    for start, end in taken:
        deliver(crashed, records, start, end)
    assert crashed.fates() == calm.fates()
    assert crashed.wrong_rows() == []


@given(sent_and_attempted())
def test_both_cores_make_the_same_of_it(case: tuple[list[Record], Attempts]) -> None:
    records, taken = case
    both = Both(CATALOGUE)
    for start, end in taken:
        both.offset = start
        both.agree([(CUSTOMER, record) for record in records[start:end]], NOW)


def test_how_far_it_is_is_known_of_a_customer_with_twins_and_goes_with_the_customer() -> None:
    customer = Customer()
    deliver(customer, [arrival(HELD, 0), arrival(OWN, 1)], 0, 2)
    assert taken_key(CUSTOMER) in customer.player.state
    customer.take(Erasure(5))
    assert taken_key(CUSTOMER) not in customer.player.state


def test_of_a_customer_without_twins_no_more_is_kept_than_before() -> None:
    customer = Customer()
    deliver(customer, [arrival(HELD, 0), arrival(HELD, 0)], 0, 2)
    assert taken_key(CUSTOMER) not in customer.player.state


def test_in_a_topic_that_was_made_anew_nothing_is_taken_for_a_replay() -> None:
    value = pack(encode(Taken(900, at=NOW)))
    earlier, later = FakeRecord(7, None, None, timestamp=NOW), FakeRecord(7, None, None, timestamp=NOW + 1)
    assert not_taken(value, [(earlier, "replayed")]) == ([], Taken(900, NOW))
    assert not_taken(value, [(later, "new")]) == ([(later, "new")], Taken(8, NOW + 1))


@given(st.binary() | st.binary().map(lambda junk: b"\x01" + junk) | st.binary().map(pack))
@example(b"\x01 junk")
def test_what_cannot_be_read_is_no_reason_to_take_anything_for_a_replay(damaged: bytes) -> None:
    record = FakeRecord(7, None, None, timestamp=NOW)
    assert not_taken(damaged, [(record, "new")]) == ([(record, "new")], Taken(8, NOW))
