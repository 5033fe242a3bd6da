"""Journeys: what a step joins, and what becomes of a journey (spec 2, "Journeys")."""

from __future__ import annotations

from typing import Any

from schemas.rows import JourneyRow
from schemas.touchpoint import Touchpoint
from streams.journey import Stitched, stitch
from tests.streams.journey.cases import CATALOGUE, at, step, touchpoint


def stitched(*touchpoints: Touchpoint, now: str = "30 00:00") -> Stitched:
    return stitch([("C-1", each) for each in touchpoints], CATALOGUE, at(now))


def members(result: Stitched) -> list[list[str]]:
    """The event_ids of each journey in the order of beginning, then the unattached; each list by channel."""
    ids: list[str | None] = [*[journey.journey_id for journey in result.journeys], None]
    return [[each.event_id for each in result.assignment if each.journey_id == journey_id] for journey_id in ids]


def only(result: Stitched) -> JourneyRow:
    (journey,) = result.journeys
    return journey


def test_a_step_exactly_at_the_end_of_inactivity_still_joins_and_a_minute_later_starts_anew() -> None:
    first = step("1", "atm", "2 09:00", intent="transfer")
    assert members(stitched(first, step("2", "branch", "2 11:00", intent="transfer"))) == [["1", "2"], []]
    assert members(stitched(first, step("2", "branch", "2 11:01", intent="transfer"))) == [["1"], ["2"], []]


def test_another_intent_is_another_journey() -> None:
    assert members(stitched(step("1", "atm", "2 09:00"), step("2", "atm", "2 09:01", intent="transfer"))) == [
        ["1"],
        ["2"],
        [],
    ]


def test_a_step_joins_the_journey_with_the_latest_last_step() -> None:
    first, second = step("1", "branch", "2 09:00", case_id="a"), step("2", "branch", "2 10:00", case_id="b")
    assert members(stitched(first, second, step("3", "hotline", "2 11:00"))) == [["1"], ["2", "3"], []]


def test_an_open_journey_without_a_case_takes_the_case_of_the_step_that_joins_it() -> None:
    result = stitched(step("1", "wechat", "2 09:00"), step("2", "branch", "2 10:00", case_id="a"))
    assert (only(result).case_id, only(result).touchpoints) == ("a", 2)


def test_a_case_brings_a_step_home_whatever_its_intent_and_however_late() -> None:
    result = stitched(
        step("1", "branch", "2 09:00", case_id="a"), step("2", "hotline", "28 09:00", "transfer", case_id="a")
    )
    assert (only(result).intent, only(result).touchpoints) == ("card", 2)


def test_a_case_without_an_intent_takes_that_of_its_first_step_that_has_one_even_a_later_one() -> None:
    result = stitched(
        step("1", "branch", "2 09:00", intent=None, case_id="a"), step("2", "hotline", "2 10:00", case_id="a")
    )
    assert (only(result).intent, only(result).touchpoints) == ("card", 2)


def test_a_case_whose_steps_have_no_intent_is_unknown() -> None:
    assert only(stitched(step("1", "branch", "2 09:00", intent=None, case_id="a"))).intent == "unknown"


def test_success_finishes_a_journey_and_the_next_step_starts_another() -> None:
    result = stitched(step("1", "atm", "2 09:00", outcome="succeeded"), step("2", "atm", "2 09:01"))
    assert members(result) == [["1"], ["2"], []]
    assert [journey.status for journey in result.journeys] == ["completed", "abandoned"]
    assert result.journeys[0].ended_at == at("2 09:00")


def test_a_question_after_the_end_reopens_the_case_and_undoes_nothing_once_it_is_out_of_reach() -> None:
    done = step("1", "branch", "2 09:00", case_id="a", outcome="cancelled")
    question = step("2", "hotline", "2 10:00", case_id="a")
    assert [(row.status, row.ended_at) for row in stitched(done, question, now="3 00:00").journeys] == [("open", None)]
    assert only(stitched(done, question)).status == "cancelled"
    assert only(stitched(done, question)).reopened == 1


def test_feedback_joins_for_seven_days_and_never_starts_or_prolongs() -> None:
    done = step("1", "branch", "2 09:00", outcome="succeeded")
    survey: dict[str, Any] = {"stage": "feedback", "satisfaction_scale": "nps", "satisfaction_score": 9}
    assert only(stitched(done, step("2", "wechat", "9 09:00", **survey))).nps == 9
    assert members(stitched(done, step("2", "wechat", "9 09:01", **survey))) == [["1"], ["2"]]
    assert members(stitched(step("2", "wechat", "9 09:01", **survey))) == [["2"]]


def test_a_referral_and_a_promise_keep_a_journey_open_beyond_inactivity() -> None:
    referred = step("1", "atm", "2 09:00", "transfer", referral_to="branch", referral_due_at=at("5 09:00"))
    promised = step("1", "atm", "2 09:00", "transfer", promise_id="p", promise_due_at=at("5 09:00"))
    later = step("2", "branch", "5 09:00", "transfer")
    assert members(stitched(referred, later)) == [["1", "2"], []]
    assert members(stitched(promised, later)) == [["1", "2"], []]


def test_a_promise_kept_by_a_step_of_the_journey_prolongs_it_no_more() -> None:
    promised = step("1", "atm", "2 09:00", "transfer", promise_id="p", promise_due_at=at("5 09:00"))
    kept = step("2", "atm", "2 09:30", "transfer", keeps="p")
    assert members(stitched(promised, kept, step("3", "branch", "5 09:00", "transfer"))) == [["1", "2"], ["3"], []]


def test_a_login_belongs_to_the_next_step_of_its_session_else_to_the_previous_one() -> None:
    result = stitched(
        touchpoint("login", "mobile_app", "2 08:59", session_id="s"),
        step("apply", "mobile_app", "2 09:00", session_id="s"),
        touchpoint("logout", "mobile_app", "2 09:01", session_id="s"),
        touchpoint("elsewhere", "atm", "2 09:01", session_id="s"),
        touchpoint("alone", "mobile_app", "2 09:01"),
    )
    assert members(result) == [["apply", "login", "logout"], ["elsewhere", "alone"]]
    assert (only(result).started_at, only(result).last_at) == (at("2 08:59"), at("2 09:01"))


def test_a_login_more_than_a_contact_gap_away_stays_alone() -> None:
    result = stitched(
        touchpoint("login", "mobile_app", "2 04:59", session_id="s"), step("1", "mobile_app", "2 09:00", session_id="s")
    )
    assert members(result) == [["1"], ["login"]]


def test_sums_do_not_depend_on_the_order_of_adding() -> None:
    waits = [
        step(str(index), "atm", f"2 09:0{index}", wait_seconds=seconds) for index, seconds in enumerate((0.1, 0.2, 0.3))
    ]
    assert only(stitched(*waits)).wait_seconds == 0.6


def test_of_two_scores_the_last_given_stands() -> None:
    scores = [
        step(str(score), "atm", f"2 09:0{score}", satisfaction_scale="csat", satisfaction_score=score)
        for score in (2, 5, 4)
    ]
    assert only(stitched(*scores)).csat == 5
