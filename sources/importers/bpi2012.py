"""Importer of the BPI Challenge 2012: a Dutch bank's loan applications, as CSV of case, activity, lifecycle, timestamp.

The log names no channel; docs/decisions/0010-importers.md has our reading of its activities. The case is the customer
and the business reference.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sources.importers.bpi2012_calls import Call, Event, pair_calls
from sources.importers.inputs import Line
from sources.importers.outcomes import Imported, NoTouchpoint, Outcome, Place, Refused, Used, Verdict

INTENT = "loan_application"
_COLUMNS = ["case_id", "activity", "lifecycle", "timestamp"]
_LIFECYCLES = ("SCHEDULE", "START", "COMPLETE")
_LONGEST_CASE = 64

_CALLS = {
    "W_Afhandelen leads": "call.lead",
    "W_Completeren aanvraag": "call.complete_application",
    "W_Nabellen offertes": "call.follow_up_offer",
    "W_Nabellen incomplete dossiers": "call.follow_up_documents",
}


@dataclass(frozen=True, slots=True)
class _Reading:
    """What an activity that happens at one moment is, as a touchpoint."""

    channel: str
    touchpoint: str
    stage: str
    outcome: str = "progressed"


_MOMENTS = {
    "A_SUBMITTED": _Reading("online_banking", "application.submitted", "apply"),
    "A_PARTLYSUBMITTED": _Reading("online_banking", "application.partly_submitted", "apply"),
    "O_SENT": _Reading("mail", "offer.sent", "serve"),
    "O_SENT_BACK": _Reading("mail", "offer.sent_back", "apply"),
    "A_APPROVED": _Reading("mail", "application.approved", "decide", "succeeded"),
    "A_DECLINED": _Reading("mail", "application.declined", "decide", "failed"),
    "A_CANCELLED": _Reading("mail", "application.cancelled", "decide", "cancelled"),
}
_BACK_OFFICE = frozenset(
    {
        *("A_PREACCEPTED", "A_ACCEPTED", "A_FINALIZED", "A_REGISTERED", "A_ACTIVATED"),
        *("O_SELECTED", "O_CREATED", "O_ACCEPTED", "O_CANCELLED", "O_DECLINED"),
        *("W_Valideren aanvraag", "W_Beoordelen fraude", "W_Wijzigen contractgegevens"),
    }
)


def read_bpi2012(lines: Iterable[Line], file: str) -> Iterator[Outcome]:
    """The verdicts on all lines, then the touchpoints in order of time; the log is held in memory."""
    events: list[Event] = []
    for line in lines:
        read = _read_line(line, file)
        if isinstance(read, Event):
            events.append(read)
        else:
            yield read
    events.sort(key=lambda event: (event.at, event.place))
    dated: list[tuple[datetime, Imported]] = []
    for outcome in _outcomes(events):
        if isinstance(outcome, tuple):
            dated.append(outcome)
        else:
            yield outcome
    dated.sort(key=lambda one: (one[0], one[1].place))
    yield from (imported for _, imported in dated)


def _read_line(line: Line, file: str) -> Event | Verdict:
    place = Place(file, line.number)
    if not line.content.strip():
        return NoTouchpoint(place, "blank line")
    try:
        fields = next(csv.reader([line.content.decode("utf-8-sig")], strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        return Refused(place, "not_csv", f"line: {error}", line.content)
    if fields == _COLUMNS:
        return NoTouchpoint(place, "header")
    read = _event(place, fields)
    return read if isinstance(read, Event) else Refused(place, "format", read, line.content)


def _event(place: Place, fields: list[str]) -> Event | str:
    """The event of a line, or what is wrong with it."""
    if len(fields) != len(_COLUMNS):
        return f"line: has {len(fields)} fields, expected {len(_COLUMNS)}: {', '.join(_COLUMNS)}"
    case_id, activity, lifecycle, timestamp = fields
    if not (0 < len(case_id) <= _LONGEST_CASE and case_id.isprintable()):
        return f"case_id: must have 1 to {_LONGEST_CASE} printable characters"
    if activity not in _MOMENTS and activity not in _CALLS and activity not in _BACK_OFFICE:
        return f"activity: {activity!r} is not one of the log's"
    if lifecycle not in _LIFECYCLES:
        return f"lifecycle: {lifecycle!r} is none of {', '.join(_LIFECYCLES)}"
    if activity in _MOMENTS and lifecycle != "COMPLETE":
        return f"lifecycle: {activity} only happens, so it must be COMPLETE, not {lifecycle}"
    try:
        at = datetime.fromisoformat(timestamp)
    except ValueError:
        return f"timestamp: {timestamp!r} is not RFC 3339, such as 2011-10-01T00:38:44.546+02:00"
    if at.tzinfo is None:
        return f"timestamp: {timestamp!r} has no offset"
    return Event(place, case_id, activity, lifecycle, at)


def _outcomes(events: list[Event]) -> Iterator[Verdict | tuple[datetime, Imported]]:
    """Verdicts and dated touchpoints of well-formed events, which are in order of time."""
    calls: defaultdict[tuple[str, str], list[Event]] = defaultdict(list)
    times: Counter[tuple[str, str]] = Counter()
    for event in events:
        if event.activity in _BACK_OFFICE:
            yield NoTouchpoint(event.place, "back office")
        elif event.activity in _CALLS:
            calls[event.case_id, event.activity].append(event)
        else:
            times[event.case_id, event.activity] += 1
            yield Used(event.place)
            yield event.at, Imported(event.place, _moment(event, times[event.case_id, event.activity]))
    for of_one_kind in calls.values():
        number = 0
        for paired in pair_calls(of_one_kind):
            if isinstance(paired, Call):
                number += 1
                yield paired.start.at, Imported(paired.start.place, _call(paired, number))
            else:
                yield paired


def _moment(event: Event, number: int) -> dict[str, object]:
    reading = _MOMENTS[event.activity]
    # The log knows no path: the activity stands for the page.
    details = {"path": event.activity} if reading.channel == "online_banking" else {}
    return _fields(event, f"{event.activity.lower()}-{number}", reading) | {"details": details}


def _call(call: Call, number: int) -> dict[str, object]:
    reading = _Reading("hotline", _CALLS[call.start.activity], "serve")
    fields = _fields(call.start, f"{reading.touchpoint}-{number}", reading)
    # Each call is a session of its own, so that two calls are two contacts.
    fields |= {"session_id": fields["event_id"], "details": {"call_id": fields["event_id"]}}
    for name, seconds in (("wait_seconds", call.wait_seconds), ("handle_seconds", call.handle_seconds)):
        if seconds is not None:
            fields[name] = seconds
    return fields


def _fields(event: Event, name: str, reading: _Reading) -> dict[str, object]:
    return {
        "schema_version": 1,
        "event_id": f"{event.case_id}-{name}",
        "channel": reading.channel,
        "occurred_at": event.at.isoformat(timespec="milliseconds"),
        "identities": {"customer_no": event.case_id},
        "touchpoint": reading.touchpoint,
        "stage": reading.stage,
        "intent": INTENT,
        "case_id": event.case_id,
        "outcome": reading.outcome,
    }
