"""Calls of the BPI log: SCHEDULE, START and COMPLETE events of one activity of one case, put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sources.importers.outcomes import NoTouchpoint, Place, Used, Verdict

LONGEST = timedelta(days=31)
"""No wait and no handling of the log is near this; beyond it the figure tells of a broken log, not of a customer."""


@dataclass(frozen=True, slots=True)
class Event:
    """A well-formed line of the log."""

    place: Place
    case_id: str
    activity: str
    lifecycle: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """A work item that somebody started: scheduled or not, completed or not."""

    start: Event
    scheduled: Event | None = None
    completed: Event | None = None

    @property
    def wait_seconds(self) -> float | None:
        """From SCHEDULE to START; None if it was not scheduled, or implausible."""
        return _plausible(self.scheduled, self.start)

    @property
    def handle_seconds(self) -> float | None:
        """From START to COMPLETE; None if it was not completed, or implausible."""
        return _plausible(self.start, self.completed)


def pair_calls(events: Iterable[Event]) -> Iterator[Call | Verdict]:
    """Calls, and a verdict on each of the events, which are of one activity and case and in order of time.

    A START takes the earliest SCHEDULE since the START before it, a COMPLETE ends the call that is under way.
    """
    scheduled: Event | None = None
    call: Call | None = None
    for event in events:
        if event.lifecycle == "SCHEDULE" and scheduled is None:
            scheduled = event
        elif event.lifecycle == "SCHEDULE":
            yield NoTouchpoint(event.place, "scheduled again before its start")
        elif event.lifecycle == "START":
            if call is not None:
                yield from _finished(call)
            call, scheduled = Call(event, scheduled), None
        elif call is not None:
            yield from _finished(replace(call, completed=event))
            call = None
        else:
            yield NoTouchpoint(event.place, "completed without a start")
    if call is not None:
        yield from _finished(call)
    if scheduled is not None:
        yield NoTouchpoint(scheduled.place, "scheduled, never started")


def _finished(call: Call) -> Iterator[Call | Verdict]:
    yield call
    if call.scheduled is not None:
        yield Used(call.scheduled.place, () if call.wait_seconds is not None else ("implausible wait left out",))
    if call.completed is None:
        yield Used(call.start.place, ("no completion: handling unknown",))
    else:
        yield Used(call.start.place)
        repairs = () if call.handle_seconds is not None else ("implausible handling left out",)
        yield Used(call.completed.place, repairs)


def _plausible(begin: Event | None, end: Event | None) -> float | None:
    if begin is None or end is None or end.at - begin.at > LONGEST:
        return None
    return round((end.at - begin.at).total_seconds(), 3)
