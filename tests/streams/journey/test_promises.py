"""Promises: opened once, kept once, overdue after their time (spec 2, "Promises")."""

from __future__ import annotations

from schemas.rows import PromiseRow
from schemas.touchpoint import Touchpoint
from streams.journey import stitch
from tests.streams.journey.cases import CATALOGUE, at, step, touchpoint

MADE = step("1", "hotline", "2 09:00", promise_id="p", promise_due_at=at("3 09:00"))


def promise(*touchpoints: Touchpoint, now: str) -> PromiseRow:
    (row,) = stitch([("C-1", each) for each in touchpoints], CATALOGUE, at(now)).promises
    return row


def test_a_promise_is_pending_until_the_very_moment_it_is_due() -> None:
    assert promise(MADE, now="3 09:00").status == "pending"
    assert promise(MADE, now="3 09:01").status == "overdue"


def test_a_promise_kept_when_due_is_kept_and_later_is_kept_late() -> None:
    assert promise(MADE, step("2", "atm", "3 09:00", keeps="p"), now="9 00:00").status == "kept"
    row = promise(MADE, step("2", "atm", "3 09:01", keeps="p"), now="9 00:00")
    assert (row.status, row.kept_at) == ("kept_late", at("3 09:01"))


def test_the_first_of_two_promises_of_one_id_stays() -> None:
    again = step("2", "branch", "2 10:00", promise_id="p", promise_due_at=at("9 09:00"))
    row = promise(MADE, again, now="2 12:00")
    assert (row.channel, row.due_at) == ("hotline", at("3 09:00"))


def test_a_promise_cannot_be_kept_before_it_is_made_but_by_the_same_touchpoint() -> None:
    assert promise(step("0", "atm", "2 08:00", keeps="p"), MADE, now="2 12:00").kept_at is None
    same = step("1", "hotline", "2 09:00", promise_id="p", promise_due_at=at("3 09:00"), keeps="p")
    assert promise(same, now="2 12:00").kept_at == at("2 09:00")


def test_a_promise_made_outside_a_journey_belongs_to_none() -> None:
    row = promise(touchpoint("1", "atm", "2 09:00", promise_id="p", promise_due_at=at("3 09:00")), now="2 12:00")
    assert row.journey_id is None
