"""The BPI 2012 importer, on invented cases in the log's format."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sources.importers.bpi2012 import read_bpi2012
from sources.importers.inputs import Line
from sources.importers.outcomes import NoTouchpoint, Outcome, Refused, Used
from tests.sources.importers.accounts import assert_sound, fields_of, lines_of, reasons, verdicts

HEADER = "case_id,activity,lifecycle,timestamp"
CALL = "W_Nabellen offertes"
ACTIVITIES = [
    *("A_SUBMITTED", "A_PARTLYSUBMITTED", "O_SENT", "O_SENT_BACK", "A_APPROVED", "A_DECLINED", "A_CANCELLED"),
    *("O_CREATED", "W_Valideren aanvraag", "W_Afhandelen leads", CALL),
]


def log(*events: str, case: str = "900001") -> str:
    """Lines of one case, each given as `activity,lifecycle,time` of one day."""
    split = [event.rsplit(",", 1) for event in events]
    return "\n".join([HEADER, *(f"{case},{what},2011-10-03T{at}+02:00" for what, at in split)])


def read(text: str) -> list[Outcome]:
    return list(read_bpi2012(lines_of(text), "log.csv"))


def test_the_case_is_the_customer_and_the_business_reference() -> None:
    (submitted,) = fields_of(read(log("A_SUBMITTED,COMPLETE,09:00:00.250")))
    assert submitted["identities"] == {"customer_no": "900001"}
    assert submitted["case_id"] == "900001"
    assert submitted["intent"] == "loan_application"
    assert submitted["channel"] == "online_banking"
    assert submitted["occurred_at"] == "2011-10-03T09:00:00.250+02:00"


def test_a_call_waits_from_schedule_to_start_and_is_handled_until_complete() -> None:
    outcomes = read(log(f"{CALL},SCHEDULE,09:00:00", f"{CALL},START,09:30:00", f"{CALL},COMPLETE,09:34:30.500"))
    (call,) = fields_of(outcomes)
    assert (call["channel"], call["stage"]) == ("hotline", "serve")
    assert call["occurred_at"] == "2011-10-03T09:30:00.000+02:00"
    assert (call["wait_seconds"], call["handle_seconds"]) == (1800, 270.5)
    assert all(isinstance(verdicts(outcomes)[line], Used) for line in (2, 3, 4))


def test_a_second_call_without_a_schedule_has_no_wait() -> None:
    first = (f"{CALL},SCHEDULE,09:00:00", f"{CALL},START,09:30:00", f"{CALL},COMPLETE,09:31:00")
    calls = fields_of(read(log(*first, f"{CALL},START,11:00:00", f"{CALL},COMPLETE,11:02:00")))
    assert [call.get("wait_seconds") for call in calls] == [1800, None]
    assert [call["handle_seconds"] for call in calls] == [60, 120]
    assert calls[0]["session_id"] != calls[1]["session_id"]


def test_a_wait_counts_from_the_first_of_several_schedules() -> None:
    outcomes = read(log(f"{CALL},SCHEDULE,09:00:00", f"{CALL},SCHEDULE,09:20:00", f"{CALL},START,09:30:00"))
    (call,) = fields_of(outcomes)
    assert call["wait_seconds"] == 1800
    assert reasons(outcomes)["scheduled again before its start"] == 1


def test_a_schedule_during_a_call_is_the_wait_for_the_next_one() -> None:
    during = (f"{CALL},START,09:00:00", f"{CALL},SCHEDULE,09:05:00", f"{CALL},COMPLETE,09:06:00")
    calls = fields_of(read(log(*during, f"{CALL},START,10:05:00")))
    assert [call.get("wait_seconds") for call in calls] == [None, 3600]


def test_a_complete_without_a_start_is_no_touchpoint() -> None:
    outcomes = read(log(f"{CALL},SCHEDULE,09:00:00", f"{CALL},COMPLETE,09:15:00"))
    assert fields_of(outcomes) == []
    assert reasons(outcomes) == {"header": 1, "completed without a start": 1, "scheduled, never started": 1}


def test_a_call_that_is_never_completed_is_kept_without_its_handling() -> None:
    outcomes = read(log(f"{CALL},START,09:00:00", f"{CALL},START,10:00:00", f"{CALL},COMPLETE,10:01:00"))
    assert [call.get("handle_seconds") for call in fields_of(outcomes)] == [None, 60]
    assert reasons(outcomes)["no completion: handling unknown"] == 1


def test_days_of_handling_are_kept_and_months_are_left_out() -> None:
    def handled(days: int) -> list[Outcome]:
        end = datetime(2011, 10, 3, 9, tzinfo=UTC) + timedelta(days=days)
        start = f"1,{CALL},START,2011-10-03T09:00:00+00:00"
        return read(f"{HEADER}\n{start}\n1,{CALL},COMPLETE,{end.isoformat()}")

    assert fields_of(handled(3))[0]["handle_seconds"] == 3 * 86_400
    assert "handle_seconds" not in fields_of(handled(40))[0]
    assert reasons(handled(40))["implausible handling left out"] == 1


def test_decisions_end_the_application_each_in_its_way() -> None:
    times = ("A_APPROVED,COMPLETE,09:00:00", "A_DECLINED,COMPLETE,10:00:00", "A_CANCELLED,COMPLETE,11:00:00")
    decided = fields_of(read(log(*times)))
    assert [one["outcome"] for one in decided] == ["succeeded", "failed", "cancelled"]
    assert {(one["channel"], one["stage"]) for one in decided} == {("mail", "decide")}


def test_the_back_office_is_no_touchpoint() -> None:
    outcomes = read(log("O_CREATED,COMPLETE,09:00:00", "W_Valideren aanvraag,START,10:00:00"))
    assert fields_of(outcomes) == []
    assert reasons(outcomes)["back office"] == 2


def test_touchpoints_come_in_order_of_time_across_cases() -> None:
    later = log("O_SENT,COMPLETE,12:00:00", case="1")
    earlier = log("O_SENT,COMPLETE,08:00:00", case="2").removeprefix(f"{HEADER}\n")
    assert [one["case_id"] for one in fields_of(read(f"{later}\n{earlier}"))] == ["2", "1"]


def refusal(line: str) -> Refused:
    (found,) = verdicts(read(line)).values()
    assert isinstance(found, Refused)
    assert found.content == line.encode()
    return found


def test_what_breaks_the_format_is_refused_with_its_field() -> None:
    at = "2011-10-03T09:00:00+02:00"
    assert refusal("1,A_SUBMITTED,COMPLETE").error.startswith("line: has 3 fields, expected 4")
    assert refusal(f",A_SUBMITTED,COMPLETE,{at}").error.startswith("case_id:")
    assert refusal(f"1,A_DREAMT,COMPLETE,{at}").error.startswith("activity: 'A_DREAMT'")
    assert refusal(f"1,{CALL},SUSPEND,{at}").error.startswith("lifecycle:")
    assert refusal(f"1,A_SUBMITTED,START,{at}").error.startswith("lifecycle:")
    assert refusal("1,A_SUBMITTED,COMPLETE,yesterday").error.startswith("timestamp:")
    assert refusal("1,A_SUBMITTED,COMPLETE,2011-10-03T09:00:00").error.endswith("has no offset")
    assert refusal('1,"A_SUBMITTED,COMPLETE').reason == "not_csv"


def test_a_refused_line_does_not_stop_the_others() -> None:
    outcomes = read(f"{HEADER}\nnonsense\n\n1,O_SENT,COMPLETE,2011-10-03T09:00:00+02:00")
    found = verdicts(outcomes)
    assert isinstance(found[2], Refused)
    assert found[3] == NoTouchpoint(found[3].place, "blank line")
    assert isinstance(found[4], Used)


events = st.tuples(
    st.sampled_from(["1", "2"]),
    st.sampled_from(ACTIVITIES),
    st.sampled_from(["SCHEDULE", "START", "COMPLETE"]),
    st.integers(0, 90 * 86_400),
)
junk = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\n\r"), max_size=40)


@given(st.lists(events, max_size=30), st.lists(junk, max_size=5))
def test_whatever_the_events_every_line_has_one_verdict_and_every_touchpoint_is_valid(
    rows: list[tuple[str, str, str, int]], rubbish: list[str]
) -> None:
    start = datetime(2011, 10, 3, tzinfo=UTC)
    lines = [f"{case},{what},{how},{(start + timedelta(seconds=at)).isoformat()}" for case, what, how, at in rows]
    text = [*lines, *rubbish]
    outcomes = list(read_bpi2012([Line(number, line.encode()) for number, line in enumerate(text, start=1)], "log.csv"))
    touchpoints = assert_sound(outcomes, len(text))
    assert all(one.wait_seconds is None or one.wait_seconds >= 0 for one in touchpoints)
