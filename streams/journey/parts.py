"""A head at rest in two parts: what every touchpoint changes, and what stays as it is from one to the next."""

from __future__ import annotations

from streams.journey.log import FINGERPRINT
from streams.journey.state import Head, Lasting

_TOUCHPOINTS = 32
_SEGMENTS = 4
"""So many of each go over to what lasts at a time: it is written anew for all of them together."""


def part(head: Head) -> Lasting | None:
    """Take from the head what lasts; None if its log is so short that another key would cost more than it saves.

    That are journeys, with their sessions and cases, and promises that only a touchpoint of their own can change yet,
    and what the head knows of all but the end of the log.
    """
    blocks = len(head.fingerprints) // (FINGERPRINT * _TOUCHPOINTS)
    if not blocks:
        return None
    fingerprints = blocks * FINGERPRINT * _TOUCHPOINTS
    segments = (len(head.segments) - 1) // _SEGMENTS * _SEGMENTS
    going_on = {journey.case_id for journey in head.journeys if journey.due_at is not None}
    ended = {journey.journey_id for journey in head.journeys if journey.due_at is None}
    lasting = Lasting(
        {case_id: intent for case_id, intent in head.cases.items() if case_id not in going_on},
        [journey for journey in head.journeys if journey.due_at is None],
        {name: promise for name, promise in head.promises.items() if promise.kept_at is not None or promise.overdue},
        {key: step for key, step in head.sessions.items() if step[1] in ended},
        head.segments[:segments],
        head.fingerprints[:fingerprints],
        head.departed,
    )
    head.cases = {case_id: intent for case_id, intent in head.cases.items() if case_id in going_on}
    head.journeys = [journey for journey in head.journeys if journey.due_at is not None]
    head.promises = {name: promise for name, promise in head.promises.items() if name not in lasting.promises}
    head.sessions = {key: step for key, step in head.sessions.items() if key not in lasting.sessions}
    head.segments = head.segments[segments:]
    head.fingerprints = head.fingerprints[fingerprints:]
    head.departed = []
    return lasting


def join(head: Head, lasting: Lasting) -> None:
    """Give the head back what lasts."""
    head.cases = lasting.cases | head.cases
    head.journeys = lasting.journeys + head.journeys
    head.promises = lasting.promises | head.promises
    head.sessions = lasting.sessions | head.sessions
    head.segments = lasting.segments + head.segments
    head.fingerprints = lasting.fingerprints + head.fingerprints
    head.departed = lasting.departed
