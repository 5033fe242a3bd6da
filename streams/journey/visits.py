"""Visits: maximal runs of contacts of one channel, summed up from their contacts."""

from __future__ import annotations

from dataclasses import dataclass

from streams.journey.state import Contact, Referral


@dataclass(slots=True)
class Visit:
    """One visit; `marked` tells that a step of it made a referral (`referral`) or finished the journey (None)."""

    channel: str
    first_at: int
    first_id: str
    last_at: int
    last_id: str
    longest_wait: float
    succeeded: bool
    marked: bool
    referral: Referral | None
    reasked: list[str]
    first_answers: dict[str, str]
    last_answers: dict[str, str]


def group_visits(contacts: list[Contact]) -> list[Visit]:
    """The visits of a journey's contacts, which come ordered by their first touchpoint."""
    visits: list[Visit] = []
    for contact in contacts:
        if visits and visits[-1].channel == contact.channel:
            _extend(visits[-1], contact)
        else:
            visits.append(_begin(contact))
    return visits


def _begin(contact: Contact) -> Visit:
    return Visit(
        contact.channel,
        contact.first_at,
        contact.first_id,
        contact.last_at,
        contact.last_id,
        contact.longest_wait,
        contact.succeeded,
        contact.closes or contact.referral is not None,
        contact.referral,
        contact.reasked,
        contact.first_answers,
        contact.last_answers,
    )


def _extend(visit: Visit, contact: Contact) -> None:
    visit.last_at = contact.last_at
    visit.last_id = contact.last_id
    visit.longest_wait = max(visit.longest_wait, contact.longest_wait)
    visit.succeeded = visit.succeeded or contact.succeeded
    if contact.closes or contact.referral is not None:
        visit.marked = True
        visit.referral = contact.referral
    if contact.reasked:
        visit.reasked = list(dict.fromkeys([*visit.reasked, *contact.reasked]))
    if contact.first_answers:
        visit.first_answers = {**contact.first_answers, **visit.first_answers}
        visit.last_answers = {**visit.last_answers, **contact.last_answers}
