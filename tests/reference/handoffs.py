"""Section “Contacts, visits, handoffs” of the specification, rule by rule."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from schemas.catalogue import Catalogue
from schemas.touchpoint import Touchpoint
from tests.reference.journeys import FINISHING, Journey, deadline, identifier

Contact = list[Touchpoint]
Visit = list[Contact]
Row = dict[str, Any]


def contacts_of(considered: list[Touchpoint], contact_gap: int) -> list[Contact]:
    """Of a journey's touchpoints in order, without what “[is] left aside here”.

    “Contacts are ordered by their first touchpoint”.
    """
    contacts: list[Contact] = []
    for channel in {touchpoint.channel for touchpoint in considered}:
        of_channel = [touchpoint for touchpoint in considered if touchpoint.channel == channel]
        contacts.append([of_channel[0]])
        for before, after in pairwise(of_channel):
            if _in_one_contact(before, after, considered, contact_gap):
                contacts[-1].append(after)
            else:
                contacts.append([after])
    return sorted(contacts, key=lambda contact: contact[0].order)


def _in_one_contact(before: Touchpoint, after: Touchpoint, considered: list[Touchpoint], contact_gap: int) -> bool:
    """“… a *contact* is a maximal run, in order, of that channel's touchpoints whose neighbours are at most
    `contact_gap` apart and either bear the same `session_id` or stand next to each other (nothing of another channel
    between, what is left aside not counted) without bearing two different ones.”
    """
    if after.occurred_at - before.occurred_at > contact_gap:
        return False
    sessions = {before.session_id, after.session_id} - {None}
    same_session = before.session_id is not None and before.session_id == after.session_id
    next_to_each_other = not any(before.order < other.order < after.order for other in considered)
    return same_session or (next_to_each_other and len(sessions) < 2)


def visits_of(contacts: list[Contact]) -> list[Visit]:
    """“a *visit* is a maximal run of contacts of one channel.”"""
    visits: list[Visit] = []
    for contact in contacts:
        if visits and channel_of(visits[-1]) == contact[0].channel:
            visits[-1].append(contact)
        else:
            visits.append([contact])
    return visits


def channel_of(visit: Visit) -> str:
    return visit[0][0].channel


def touchpoints_of(visits: list[Visit]) -> list[Touchpoint]:
    """“Below, "in order" goes visit by visit, contact by contact.”"""
    return [touchpoint for visit in visits for contact in visit for touchpoint in contact]


def outstanding(visits: list[Visit]) -> tuple[int, Touchpoint] | None:
    """The referral outstanding when the last of `visits` ended, and the number of the visit that made it.

    “A referral is *outstanding* from its step on until a visit begins on its channel (which *meets* it), a newer
    referral replaces it, or a step finishes the journey (`succeeded`, `cancelled`).” “A visit that meets a referral
    meets it before its own steps finish the journey or refer anew.”
    """
    referral: tuple[int, Touchpoint] | None = None
    for number, visit in enumerate(visits):
        if referral is not None and referral[1].referral_to == channel_of(visit):
            referral = None
        for touchpoint in touchpoints_of([visit]):
            if touchpoint.is_step and touchpoint.outcome in FINISHING:
                referral = None
            if touchpoint.outcome == "referred":
                referral = (number, touchpoint)
    return referral


def handoffs_of(
    journey: Journey, visits: list[Visit], care: tuple[str, ...], catalogue: Catalogue, clock: int
) -> list[Row]:
    """“Between visits `a` and `b` next to each other there is a *handoff*”; “A referral still outstanding after the
    last visit is a handoff without arrival”.
    """
    rows = [_arrived(journey, visits[:number], visits[number], catalogue) for number in range(1, len(visits))]
    left = outstanding(visits)
    if left is not None:
        rows.append(_without_arrival(journey, left[1], catalogue, clock))
    return [{**row, "journey_id": journey.journey_id, "intent": journey.intent, "care": care} for row in rows]


def _arrived(journey: Journey, until: list[Visit], b: Visit, catalogue: Catalogue) -> Row:
    last, first = touchpoints_of(until)[-1], touchpoints_of([b])[0]
    referral = outstanding(until)
    due = None if referral is None else deadline(referral[1], journey.intent, catalogue)
    compared = _compared(until, b, catalogue)
    changed = _contradictions(until, b, catalogue)
    failures = _failures(journey, until, b, catalogue)
    return {
        # “`handoff_id = uuid5(journey_id ⊕ channel and event_id of a's last touchpoint ⊕ channel and event_id of b's
        # first)`, `left_at` and `arrived_at` the times of those two (`gap_seconds` is negative where they overlap).”
        "handoff_id": identifier(journey.journey_id, last.channel, last.event_id, first.channel, first.event_id),
        "from_channel": last.channel,
        "to_channel": first.channel,
        # “`referred_to` is the channel of the referral outstanding when `a` ended, if any.”
        "referred_to": None if referral is None else referral[1].referral_to,
        "left_at": last.occurred_at,
        "arrived_at": first.occurred_at,
        "due_at": due,
        "gap_seconds": (first.occurred_at - last.occurred_at) / 1000,
        # “`result` is `smooth` with none, else `failed`.”
        "result": "failed" if failures else "smooth",
        "failures": failures,
        "wait_seconds": _longest_wait(b),
        "reasked": tuple(dict.fromkeys(item for touchpoint in touchpoints_of([b]) for item in touchpoint.reasked)),
        # “A contradiction is stored as key → `old → new`”
        "contradictions": {key: f"{old} → {new}" for key, (old, new) in changed.items()},
        "compared": tuple(sorted(compared)),
    }


def _failures(journey: Journey, until: list[Visit], b: Visit, catalogue: Catalogue) -> tuple[str, ...]:
    """“Failures, in this order:”"""
    a = until[-1]
    referral = outstanding(until)
    meets = referral is not None and referral[1].referral_to == channel_of(b)
    made_in_a = referral is not None and referral[0] == len(until) - 1
    due = None if referral is None else deadline(referral[1], journey.intent, catalogue)
    found = {
        # “a referral made in `a` is outstanding and `b` is on another channel than it names”
        "misdirected": made_in_a and not meets,
        # “`b` meets a referral after its deadline”
        "overdue": meets and due is not None and b[0][0].occurred_at > due,
        # “a touchpoint of `b` has `reasked`”
        "repeated": any(touchpoint.reasked for touchpoint in touchpoints_of([b])),
        # “some key of `answers` … was last given one value in the visits up to `a`, and is first given another”
        "contradicted": bool(_contradictions(until, b, catalogue)),
        # “`b` is on the channel of the visit before `a`, no step of `a` succeeded, and `b` meets no referral”
        "bounced": len(until) > 1
        and channel_of(until[-2]) == channel_of(b)
        and not any(it.is_step and it.outcome == "succeeded" for it in touchpoints_of([a]))
        and not meets,
        # “the longest `wait_seconds` in `b` exceeds `wait_standard(i)` of its channel”
        "stalled": _longest_wait(b) > catalogue.wait_standard(journey.intent, channel_of(b)),
    }
    return tuple(failure for failure, happened in found.items() if happened)


def _contradictions(until: list[Visit], b: Visit, catalogue: Catalogue) -> dict[str, tuple[str, str]]:
    """“some key of `answers`, `volatile_answers` (default `status`) aside, was last given one value in the visits up
    to `a`, and is first given another in `b`”: the last and the first value of each such key.
    """
    return {key: (old, new) for key, (old, new) in _compared(until, b, catalogue).items() if old != new}


def _compared(until: list[Visit], b: Visit, catalogue: Catalogue) -> dict[str, tuple[str, str]]:
    """The last value in the visits up to `a` and the first in `b` of each key that both gave, volatile ones aside."""
    last_given = {key: value for it in touchpoints_of(until) for key, value in it.answers.items()}
    first_given = {key: value for it in reversed(touchpoints_of([b])) for key, value in it.answers.items()}
    return {
        key: (last_given[key], first_given[key])
        for key in last_given.keys() & first_given.keys() - catalogue.volatile_answers
    }


def _longest_wait(visit: Visit) -> float:
    return max((touchpoint.wait_seconds or 0.0 for touchpoint in touchpoints_of([visit])), default=0.0)


def _without_arrival(journey: Journey, referring: Touchpoint, catalogue: Catalogue, clock: int) -> Row:
    """“`handoff_id = uuid5(journey_id ⊕ channel and event_id of the referring step ⊕ "lost")`, from the referring
    step's channel to the one it names, `left_at` the referring step's time; `W` past the deadline → `failed` with the
    one failure `lost`, else `pending`.”
    """
    due = deadline(referring, journey.intent, catalogue)
    lost = clock > due
    return {
        "handoff_id": identifier(journey.journey_id, referring.channel, referring.event_id, "lost"),
        "from_channel": referring.channel,
        "to_channel": referring.referral_to,
        "referred_to": referring.referral_to,
        "left_at": referring.occurred_at,
        "arrived_at": None,
        "due_at": due,
        "gap_seconds": None,
        "result": "failed" if lost else "pending",
        "failures": ("lost",) if lost else (),
        "wait_seconds": 0.0,
        "reasked": (),
        "contradictions": {},
        "compared": (),
    }
