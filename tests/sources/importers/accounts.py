"""What every importer's tests ask of its outcomes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from schemas.decode import check, encode_touchpoint
from schemas.refusal import Refusal
from schemas.topics import BUILT_IN_CHANNELS
from schemas.touchpoint import Touchpoint
from sources.importers.inputs import Line
from sources.importers.outcomes import Imported, NoTouchpoint, Outcome, Refused, Used, Verdict

CHANNELS = (*BUILT_IN_CHANNELS, "mail")


def lines_of(text: str) -> Iterator[Line]:
    return (Line(number, line.encode()) for number, line in enumerate(text.splitlines(), start=1))


def fields_of(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """The touchpoints that an importer made, as the fields of the contract."""
    return [dict(one.payload) for one in outcomes if isinstance(one, Imported) and not isinstance(one.payload, bytes)]


def verdicts(outcomes: Iterable[Outcome]) -> dict[int, Verdict]:
    """The verdict on each line; there is never a second one."""
    found: dict[int, Verdict] = {}
    for outcome in outcomes:
        if not isinstance(outcome, Imported):
            assert outcome.place.line not in found, f"a second verdict: {outcome}"
            found[outcome.place.line] = outcome
    return found


def valid(outcomes: Iterable[Outcome]) -> list[Touchpoint]:
    """The touchpoints, every one of which keeps the contract."""
    now = int(time.time() * 1000)
    made = []
    for fields in fields_of(outcomes):
        payload = encode_touchpoint(fields)
        assert isinstance(payload, bytes)
        touchpoint = check(payload, CHANNELS, now)
        assert not isinstance(touchpoint, Refusal), (touchpoint, fields)
        made.append(touchpoint)
    return made


def assert_sound(outcomes: list[Outcome], line_count: int) -> list[Touchpoint]:
    """Every line has a verdict, every touchpoint is valid, unique and in order of time, and comes from a used line."""
    by_line = verdicts(outcomes)
    assert sorted(by_line) == list(range(1, line_count + 1))
    sources = {one.place.line for one in outcomes if isinstance(one, Imported)}
    assert all(isinstance(by_line[line], Used) for line in sources)
    touchpoints = valid(outcomes)
    assert len({(one.channel, one.event_id) for one in touchpoints}) == len(touchpoints)
    times = [one.occurred_at for one in touchpoints]
    assert times == sorted(times)
    return touchpoints


def reasons(outcomes: Iterable[Outcome]) -> Counter[str]:
    """How many lines are no touchpoint or refused, by reason, and how many repairs there were."""
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        match outcome:
            case Used():
                counts.update(outcome.repairs)
            case NoTouchpoint() | Refused():
                counts[outcome.reason] += 1
            case Imported():
                pass
    return counts
