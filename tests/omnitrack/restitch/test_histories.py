"""A history is cut into parts that fit into a message, and loses nothing by it."""

from __future__ import annotations

from msgspec.structs import replace

from omnitrack.restitch.histories import histories
from omnitrack.restitch.stored import StoredCustomer
from schemas.touchpoint import Arrival, History, Origin, Past, decode_customer_record, encode_customer_record
from tests.sinks.rows import NOON, promise_row, touchpoint_row

MOST_BYTES = 1_000_000


def parts_of(customer: StoredCustomer, *letters: Arrival) -> list[History]:
    return list(histories(customer, letters, run="r", read_at=NOON, rules="f"))


def test_a_small_customer_is_one_part() -> None:
    rows = [touchpoint_row(number) for number in range(3)]
    customer = StoredCustomer("C-1", 7, rows, promises=[promise_row()])
    letter = Arrival(rows[0].touchpoint, Origin("t", 0, 99), NOON, b"k", b"{}")
    (part,) = parts_of(customer, letter)
    assert (part.part, part.parts, part.version, part.read_at) == (0, 1, 7, NOON)
    assert part.touchpoints == tuple(Past(row.touchpoint, row.received_at, row.origin) for row in rows)
    assert part.letters == (letter,)
    assert part.ids.promises == {"p1": NOON}
    assert decode_customer_record(encode_customer_record(part)) == part


def test_the_parts_of_a_large_one_fit_into_messages_and_hold_everything() -> None:
    largest = "x" * 60_000
    rows = [
        replace(row, touchpoint=replace(row.touchpoint, details=largest if number % 100 == 0 else "{}"))
        for number, row in enumerate(map(touchpoint_row, range(5_000)))
    ]
    letters = [Arrival(row.touchpoint, Origin("t", 0, 99), NOON, b"k", largest.encode()) for row in rows[:300:100]]
    promises = [promise_row(promise=f"p-{number}") for number in range(30_000)]
    parts = parts_of(StoredCustomer("C-1", 7, rows, promises=promises), *letters)
    assert len(parts) > 5
    assert max(len(encode_customer_record(part)) for part in parts) < MOST_BYTES
    assert [(part.part, part.parts) for part in parts] == [(number, len(parts)) for number in range(len(parts))]
    assert [past.origin for part in parts for past in part.touchpoints] == [row.origin for row in rows]
    assert [letter for part in parts for letter in part.letters] == letters
    assert {key for part in parts for key in part.ids.promises} == {row.promise_id for row in promises}


def test_a_customer_of_whom_nothing_is_stored_has_an_empty_history() -> None:
    (part,) = parts_of(StoredCustomer("C-1"))
    assert part.touchpoints == ()
