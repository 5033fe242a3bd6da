"""The Technion importer, on invented calls in the log's format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sources.importers.inputs import Line
from sources.importers.outcomes import Outcome, Refused
from sources.importers.technion import read_technion
from sources.importers.technion_lines import COLUMNS, INTENTS
from tests.sources.importers.accounts import assert_sound, fields_of, lines_of, reasons, verdicts

CALL = {
    "vru+line": "ZZ0901",
    "call_id": "777",
    "customer_id": "4711",
    "priority": "1",
    "type": "PS",
    "date": "990510",
    "vru_entry": "9:00:00",
    "vru_exit": "9:00:10",
    "vru_time": "10",
    "q_start": "9:00:10",
    "q_exit": "9:01:00",
    "q_time": "50",
    "outcome": "AGENT",
    "ser_start": "9:00:59",
    "ser_exit": "9:03:00",
    "ser_time": "121",
    "server": "WILMA",
}
NO_QUEUE = {"q_start": "0:00:00", "q_exit": "0:00:00", "q_time": "0"}
NO_SERVICE = {"ser_start": "0:00:00", "ser_exit": "0:00:00", "ser_time": "0", "server": "NO_SERVER"}


def line(**changes: str) -> str:
    return "\t".join((CALL | changes)[name] for name in COLUMNS)


def read(*lines: str, agent_key: bytes | None = b"a key") -> list[Outcome]:
    return list(read_technion(lines_of("\n".join(lines)), "calls.tsv", agent_key))


def parts(text: str) -> dict[str, dict[str, Any]]:
    return {fields["touchpoint"]: fields for fields in fields_of(read(text))}


def refusal(text: str) -> Refused:
    (found,) = verdicts(read(text)).values()
    assert isinstance(found, Refused)
    assert found.content == text.encode()
    return found


def test_a_served_call_is_entry_wait_and_service_in_this_order() -> None:
    made = fields_of(read(line()))
    assert [(one["touchpoint"], one["stage"]) for one in made] == [
        ("call.entered", "enter"),
        ("call.queued", "wait"),
        ("call.served", "serve"),
    ]
    assert {one["channel"] for one in made} == {"hotline"}
    assert {one["session_id"] for one in made} == {"990510-ZZ0901-777"}
    assert [one["event_id"] for one in made] == sorted(one["event_id"] for one in made)


def test_waiting_stands_once_on_the_touchpoint_that_ends_it() -> None:
    made = parts(line())
    assert [made[name].get("wait_seconds") for name in made] == [None, None, 50]
    assert made["call.served"]["handle_seconds"] == 121


def test_a_call_put_through_at_once_waited_for_nothing() -> None:
    made = parts(line(**NO_QUEUE, ser_start="9:00:10", ser_exit="9:03:00", ser_time="170"))
    assert list(made) == ["call.entered", "call.served"]
    assert made["call.served"]["wait_seconds"] == 0


def test_local_time_has_the_offset_of_its_day() -> None:
    assert parts(line(date="990110"))["call.entered"]["occurred_at"] == "1999-01-10T09:00:00+02:00"
    assert parts(line(date="990510"))["call.entered"]["occurred_at"] == "1999-05-10T09:00:00+03:00"


def test_who_hangs_up_in_the_queue_abandons_after_the_wait() -> None:
    made = parts(line(outcome="HANG", **NO_SERVICE))
    left = made["call.abandoned"]
    assert (left["stage"], left["outcome"], left["wait_seconds"]) == ("leave", "abandoned", 50)
    assert left["occurred_at"].startswith("1999-05-10T09:01:00")
    assert "call.served" not in made


def test_who_hangs_up_before_the_queue_has_no_wait() -> None:
    left = parts(line(outcome="HANG", **NO_QUEUE, **NO_SERVICE))["call.abandoned"]
    assert "wait_seconds" not in left
    assert left["occurred_at"].startswith("1999-05-10T09:00:10")


def test_a_phantom_is_no_touchpoint() -> None:
    outcomes = read(line(outcome="PHANTOM", **NO_SERVICE))
    assert fields_of(outcomes) == []
    assert reasons(outcomes) == {"phantom call": 1}


def test_only_service_by_a_named_agent_settles_the_matter() -> None:
    assert parts(line())["call.served"]["outcome"] == "succeeded"
    unnamed = line(server="NO_SERVER")
    assert "outcome" not in parts(unnamed)["call.served"]
    assert "agent_id" not in parts(unnamed)["call.served"]["details"]
    assert reasons(read(unnamed)) == {"agent without a name: not taken for settled": 1}
    for_no_time = line(ser_start="9:01:00", ser_exit="9:01:00", ser_time="0")
    assert "outcome" not in parts(for_no_time)["call.served"]


def test_service_without_times_is_kept_at_the_end_of_waiting() -> None:
    served = parts(line(**(NO_SERVICE | {"server": "WILMA"})))["call.served"]
    assert served["occurred_at"].startswith("1999-05-10T09:01:00")
    assert "handle_seconds" not in served
    assert "outcome" not in served


def test_an_unknown_customer_has_a_session_only() -> None:
    for customer_id in ("0", "1.23456E+11"):
        assert all(
            one["identities"] == {} and one["session_id"] for one in parts(line(customer_id=customer_id)).values()
        )
    assert reasons(read(line(customer_id="1.23456E+11"))).total() == 1
    assert reasons(read(line(customer_id="0"))).total() == 0


def test_agents_are_pseudonyms_that_depend_on_the_key() -> None:
    def agents(*lines: str, agent_key: bytes | None) -> list[str]:
        served = [one for one in fields_of(read(*lines, agent_key=agent_key)) if one["touchpoint"] == "call.served"]
        return [one["details"]["agent_id"] for one in served]

    first, other = line(), line(call_id="778", server="FRED")
    one, two = agents(first, other, agent_key=b"key")
    assert one != two
    assert agents(first, agent_key=b"key") == [one]
    assert agents(first, agent_key=b"another key") != [one]
    assert agents(first, agent_key=None) == agents(first, agent_key=None)
    assert "WILMA" not in str(read(first, agent_key=None)).upper()


def test_entry_after_the_exit_is_taken_at_the_exit() -> None:
    wrong = line(vru_entry="9:01:00", vru_time="-50")
    assert parts(wrong)["call.entered"]["occurred_at"].startswith("1999-05-10T09:00:10")
    assert reasons(read(wrong)).total() == 1


def test_service_before_the_end_of_waiting_is_taken_at_that_end() -> None:
    wrong = line(ser_start="9:00:20", ser_exit="9:02:21")
    served = parts(wrong)["call.served"]
    assert served["occurred_at"].startswith("1999-05-10T09:01:00")
    assert served["handle_seconds"] == 121
    assert reasons(read(wrong)).total() == 1


def test_service_times_of_a_call_that_was_hung_up_are_left_out() -> None:
    wrong = line(outcome="HANG", server="NO_SERVER")
    assert "call.served" not in parts(wrong)
    assert reasons(read(wrong)).total() == 1


def test_a_call_runs_on_past_midnight() -> None:
    at_night = {
        "vru_entry": "23:59:50",
        "vru_exit": "23:59:55",
        "vru_time": "5",
        "q_start": "0:00:00",
        "q_exit": "0:00:27",
        "q_time": "27",
        "ser_start": "0:00:28",
        "ser_exit": "0:01:28",
        "ser_time": "60",
    }
    made = parts(line(**at_night))
    assert [one["occurred_at"][:19] for one in made.values()] == [
        "1999-05-10T23:59:50",
        "1999-05-11T00:00:00",
        "1999-05-11T00:00:28",
    ]


def test_what_contradicts_itself_is_refused_with_its_field() -> None:
    assert refusal(line(q_time="49")).error == "q_time: 49 s, but q_start to q_exit are 50 s"
    assert refusal(line(ser_start="9:03:10", ser_time="-10")).error.startswith("ser_time: ends 10 s before")
    assert refusal(line(date="990230")).error.startswith("date:")
    assert refusal(line(vru_exit="9:60:00")).error.startswith("vru_exit:")
    assert refusal(line(type="XX")).error.startswith("type:")
    assert refusal(line(outcome="VANISHED")).error.startswith("outcome:")
    assert refusal(line(customer_id="-5")).error.startswith("customer_id:")
    assert refusal(line(vru_time="long")).error.startswith("vru_time:")
    assert refusal("one\ttwo").error.startswith("line: has 2 tab-separated fields")


def test_the_header_and_blank_lines_are_no_touchpoints() -> None:
    assert reasons(read("\t".join(COLUMNS), "", line())) == {"header": 1, "blank line": 1}


times = st.builds("{}:{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))


@st.composite
def calls(draw: st.DrawFn) -> dict[str, str]:
    """Calls whose durations fit their times, whatever these are."""
    call = {"customer_id": draw(st.sampled_from(["0", "12", "3.1E+11"])), "type": draw(st.sampled_from(list(INTENTS)))}
    call["outcome"] = draw(st.sampled_from(["AGENT", "HANG", "PHANTOM"]))
    call["server"] = draw(st.sampled_from(["NO_SERVER", "WILMA"]))
    for start, end, duration in (COLUMNS[6:9], COLUMNS[9:12], COLUMNS[13:16]):
        call |= {start: draw(times), end: draw(times), duration: str(draw(st.integers(-9, 9)))}
    if draw(st.booleans()):
        call |= NO_QUEUE
    return call


@given(st.lists(calls(), max_size=8))
def test_whatever_the_times_every_line_has_one_verdict_and_every_touchpoint_is_valid(
    rows: list[dict[str, str]],
) -> None:
    assert_read_soundly([line(**row, call_id=str(number)) for number, row in enumerate(rows)])


seconds = st.integers(0, 4_000)


@given(st.integers(0, 86_399), seconds, seconds, seconds, seconds)
def test_a_call_at_any_time_of_day_is_read_in_the_order_of_its_parts(
    entry: int, vru: int, queue: int, service: int, overlap: int
) -> None:
    connected = entry + vru + queue
    begun = max(entry, connected - overlap)
    spans = {
        **span(COLUMNS[6:9], entry, entry + vru),
        **span(COLUMNS[9:12], entry + vru, connected),
        **span(COLUMNS[13:16], begun, begun + service),
    }
    (found,) = verdicts(read(line(**spans))).values()
    assert not isinstance(found, Refused)
    stages = [one["stage"] for one in fields_of(read(line(**spans)))]
    assert stages in (["enter", "wait", "serve"], ["enter", "serve"])


def span(names: Sequence[str], start: int, end: int) -> dict[str, str]:
    def clock(moment: int) -> str:
        return f"{moment // 3600 % 24}:{moment // 60 % 60:02}:{moment % 60:02}"

    return dict(zip(names, (clock(start), clock(end), str(end - start)), strict=True))


def assert_read_soundly(lines: list[str]) -> None:
    numbered = [Line(number, text.encode()) for number, text in enumerate(lines, start=1)]
    assert_sound(list(read_technion(numbered, "calls.tsv")), len(lines))
