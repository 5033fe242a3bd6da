"""Handoffs between visits, and what goes wrong with them (spec 2, "Contacts, visits, handoffs")."""

from __future__ import annotations

from schemas.rows import HandoffRow
from schemas.touchpoint import Touchpoint
from streams.journey import stitch
from tests.streams.journey.cases import CATALOGUE, at, step, touchpoint


def handoffs(*touchpoints: Touchpoint, now: str = "30 00:00") -> list[HandoffRow]:
    return stitch([("C-1", each) for each in touchpoints], CATALOGUE, at(now)).handoffs


def failures(*touchpoints: Touchpoint, now: str = "30 00:00") -> list[tuple[str, ...]]:
    return [row.failures for row in handoffs(*touchpoints, now=now)]


REFERRED = step("1", "mobile_app", "2 09:00", referral_to="branch", referral_due_at=at("2 12:00"))


def test_a_referral_met_in_time_is_smooth() -> None:
    (row,) = handoffs(REFERRED, step("2", "branch", "2 12:00"))
    assert (row.result, row.referred_to, row.due_at, row.gap_seconds) == ("smooth", "branch", at("2 12:00"), 3 * 3600.0)


def test_a_referral_met_after_its_deadline_is_overdue() -> None:
    assert failures(REFERRED, step("2", "branch", "2 12:01")) == [("overdue",)]


def test_a_customer_who_comes_to_another_channel_was_misdirected_once() -> None:
    rows = failures(
        REFERRED, step("2", "hotline", "2 10:00"), step("3", "wechat", "2 10:30"), step("4", "branch", "2 11:00")
    )
    assert rows == [("misdirected",), (), ()]


def test_a_referral_nobody_met_is_pending_until_its_deadline_and_lost_after_it() -> None:
    (pending,) = handoffs(REFERRED, now="2 12:00")
    (lost,) = handoffs(REFERRED, now="2 12:01")
    assert (pending.result, pending.arrived_at, pending.failures) == ("pending", None, ())
    assert (lost.result, lost.failures, lost.handoff_id) == ("failed", ("lost",), pending.handoff_id)


def test_a_referral_without_a_date_has_the_handoff_window() -> None:
    (row,) = handoffs(step("1", "atm", "2 09:00", "transfer", referral_to="branch"), now="2 10:00")
    assert row.due_at == at("3 09:00")


def test_success_elsewhere_ends_a_referral() -> None:
    assert failures(REFERRED, step("2", "hotline", "2 10:00", outcome="succeeded")) == [("misdirected",)]


def test_a_newer_referral_replaces_the_older() -> None:
    rows = handoffs(REFERRED, step("2", "hotline", "2 10:00", referral_to="wechat"))
    assert [(row.to_channel, row.referred_to, row.result) for row in rows] == [
        ("hotline", "branch", "failed"),
        ("wechat", "wechat", "failed"),
    ]


def test_information_asked_for_again_is_repeated() -> None:
    (row,) = handoffs(step("1", "atm", "2 09:00"), step("2", "branch", "2 10:00", reasked=("id", "address", "id")))
    assert (row.failures, row.reasked) == (("repeated",), ("id", "address"))


def test_another_answer_to_the_same_question_is_contradicted_unless_it_may_change() -> None:
    (row,) = handoffs(
        step("1", "atm", "2 09:00", answers={"fee": "10 CNY", "status": "sent"}),
        step("2", "branch", "2 10:00", answers={"fee": "20 CNY", "status": "done", "limit": "5"}),
    )
    assert (row.failures, row.contradictions) == (("contradicted",), {"fee": "10 CNY → 20 CNY"})


def test_an_answer_is_compared_with_the_last_given_in_any_visit_before() -> None:
    assert failures(
        step("1", "atm", "2 09:00", answers={"fee": "1"}),
        step("2", "atm", "2 09:01", answers={"fee": "2"}),
        step("3", "wechat", "2 10:00"),
        step("4", "branch", "2 11:00", answers={"fee": "2"}),
        step("5", "branch", "2 11:01", answers={"fee": "3"}),
    ) == [(), ()]


def test_back_where_one_came_from_without_success_is_bounced() -> None:
    there = step("1", "mobile_app", "2 09:00")
    back = step("3", "mobile_app", "2 11:00")
    assert failures(there, step("2", "branch", "2 10:00"), back) == [(), ("bounced",)]
    assert failures(there, step("2", "branch", "2 10:00", referral_to="mobile_app"), back) == [(), ()]


def test_a_wait_over_the_standard_of_intent_and_channel_is_stalled() -> None:
    first = step("1", "mobile_app", "2 09:00")
    assert failures(first, step("2", "branch", "2 10:00", wait_seconds=900)) == [()]
    assert failures(first, step("2", "branch", "2 10:00", wait_seconds=900.5)) == [("stalled",)]
    assert failures(first, step("2", "atm", "2 10:00", wait_seconds=601)) == [("stalled",)]


def test_failures_come_in_the_order_of_the_specification() -> None:
    rows = failures(
        step("1", "branch", "2 09:00", answers={"fee": "1"}),
        step("2", "mobile_app", "2 09:30", referral_to="hotline"),
        step("3", "branch", "2 10:00", answers={"fee": "2"}, reasked=("id",), wait_seconds=1000),
    )
    assert rows[1][:5] == ("misdirected", "repeated", "contradicted", "bounced", "stalled")


def test_a_call_with_the_app_open_inside_it_is_one_contact_of_each() -> None:
    (row,) = handoffs(
        step("1", "hotline", "2 09:00", session_id="call"),
        step("2", "mobile_app", "2 09:05"),
        step("3", "hotline", "2 09:09", session_id="call"),
    )
    assert (row.from_channel, row.to_channel, row.gap_seconds) == ("hotline", "mobile_app", -240.0)


def test_two_sessions_are_two_contacts_of_one_visit() -> None:
    touchpoints = [step("1", "hotline", "2 09:00", session_id="a"), step("2", "hotline", "2 09:10", session_id="b")]
    (journey,) = stitch([("C-1", each) for each in touchpoints], CATALOGUE, at("30 00:00")).journeys
    assert (journey.contacts, journey.visits, journey.handoffs) == (2, 1, 0)


def test_what_follows_a_step_or_comes_through_feedback_makes_no_visit() -> None:
    assert (
        failures(
            step("1", "branch", "2 09:00", outcome="succeeded"),
            touchpoint("2", "wechat", "2 10:00", session_id="s"),
            step("3", "wechat", "2 10:01", stage="feedback", session_id="s"),
        )
        == []
    )


def test_identifiers_are_those_of_the_worked_cases() -> None:
    first = step("1", "mobile_app", "2 09:00")
    result = stitch([("C1", first), ("C1", step("2", "branch", "2 10:00"))], CATALOGUE, at("30 00:00"))
    assert result.journeys[0].journey_id == "62260b32-1908-549b-9354-c6bc412d10ed"
