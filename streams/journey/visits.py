"""Visits: maximal runs of contacts of one channel, summed up from their contacts."""

from __future__ import annotations

from msgspec.structs import replace

from streams.journey.state import Contact

Visit = Contact
"""A visit is summed up as a contact is; where it has one contact only, it is that contact."""


def group_visits(contacts: list[Contact]) -> list[Visit]:
    """The visits of a journey's contacts, which come ordered by their first touchpoint."""
    visits: list[Visit] = []
    for contact in contacts:
        if visits and visits[-1].channel == contact.channel:
            visits[-1] = _joined(visits[-1], contact)
        else:
            visits.append(contact)
    return visits


def _joined(visit: Visit, contact: Contact) -> Visit:
    marked = contact.closes or contact.referral is not None
    return replace(
        visit,
        last_at=contact.last_at,
        last_id=contact.last_id,
        longest_wait=max(visit.longest_wait, contact.longest_wait),
        succeeded=visit.succeeded or contact.succeeded,
        closes=contact.closes if marked else visit.closes,
        referral=contact.referral if marked else visit.referral,
        reasked=list(dict.fromkeys([*visit.reasked, *contact.reasked])),
        first_answers={**contact.first_answers, **visit.first_answers},
        last_answers={**visit.last_answers, **contact.last_answers},
    )
