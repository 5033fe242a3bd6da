"""Contacts of a journey, each summed up as its touchpoints come (spec 2, "Contacts, visits, handoffs")."""

from __future__ import annotations

from schemas.catalogue import Catalogue
from schemas.touchpoint import Touchpoint
from streams.journey.life import FINISHING, referral_deadline
from streams.journey.state import Contact, Journey, Referral


def add_to_contacts(journey: Journey, touchpoint: Touchpoint, catalogue: Catalogue) -> None:
    """Add a touchpoint that comes after all others of the journey's contacts.

    Feedback and what is attached through feedback or a previous step must not be given.
    """
    contact = _continued_contact(journey, touchpoint, catalogue.contact_gap)
    if contact is None:
        contact = Contact(
            channel=touchpoint.channel,
            first_at=touchpoint.occurred_at,
            first_id=touchpoint.event_id,
            last_at=touchpoint.occurred_at,
            last_id=touchpoint.event_id,
        )
        journey.contacts.append(contact)
    contact.last_at = touchpoint.occurred_at
    contact.last_id = touchpoint.event_id
    contact.last_session = touchpoint.session_id
    journey.core_channel = touchpoint.channel
    _sum_up(contact, touchpoint, journey.intent, catalogue)


def latest_in_contacts(journey: Journey) -> tuple[int, str, str]:
    """The order of the journey's last touchpoint that belongs to a contact."""
    return max((contact.last_at, contact.channel, contact.last_id) for contact in journey.contacts)


def _continued_contact(journey: Journey, touchpoint: Touchpoint, gap: int) -> Contact | None:
    channel = touchpoint.channel
    for contact in reversed(journey.contacts):
        if contact.channel == channel:
            break
    else:
        return None
    if touchpoint.occurred_at - contact.last_at > gap:
        return None
    session, last_session = touchpoint.session_id, contact.last_session
    if session is not None and last_session is not None:
        return contact if session == last_session else None
    return contact if journey.core_channel == channel else None


def _sum_up(contact: Contact, touchpoint: Touchpoint, intent: str, catalogue: Catalogue) -> None:
    wait = touchpoint.wait_seconds
    if wait is not None and wait > contact.longest_wait:
        contact.longest_wait = wait
    for item in touchpoint.reasked:
        if item not in contact.reasked:
            contact.reasked.append(item)
    for key, value in touchpoint.answers.items():
        if key not in catalogue.volatile_answers:
            contact.first_answers.setdefault(key, value)
            contact.last_answers[key] = value
    if not touchpoint.is_step:
        return
    if touchpoint.outcome in FINISHING:
        contact.succeeded = contact.succeeded or touchpoint.outcome == "succeeded"
        contact.closes = True
        contact.referral = None
    elif touchpoint.referral_to is not None:
        contact.closes = False
        contact.referral = Referral(
            touchpoint.occurred_at,
            touchpoint.event_id,
            touchpoint.referral_to,
            referral_deadline(touchpoint, intent, catalogue),
        )
