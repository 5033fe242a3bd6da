"""Sessions, and those of them whose journey has left the head: they are known again, and the log tells the rest."""

from __future__ import annotations

from zlib import crc32

from schemas.touchpoint import Touchpoint
from streams.journey.state import Departed, Head

_SIZE = 4


def session_key(touchpoint: Touchpoint) -> str:
    """What tells one session from all others: a channel's session identifiers are its own."""
    return f"{touchpoint.channel}\x1f{touchpoint.session_id}"


def depart(head: Head) -> None:
    """Keep of the sessions whose journey is no longer among `head.journeys` only what tells that there were such."""
    kept = {None, *(journey.journey_id for journey in head.journeys)}
    gone = {key: at for key, (at, journey_id) in head.sessions.items() if journey_id not in kept}
    if gone:
        head.departed.append(Departed(max(gone.values()), b"".join(map(_fingerprint, gone))))
        head.sessions = {key: step for key, step in head.sessions.items() if key not in gone}


def may_have_departed(head: Head, key: str, earliest: int) -> bool:
    """Whether a session of that key may have had a step at `earliest` (ms) or later before it departed.

    Other sessions may be taken for it; one that did is never missed.
    """
    fingerprint = _fingerprint(key)
    return any(
        departed.sessions[place : place + _SIZE] == fingerprint
        for departed in head.departed
        if departed.at >= earliest
        for place in range(0, len(departed.sessions), _SIZE)
    )


def _fingerprint(key: str) -> bytes:
    return crc32(key.encode()).to_bytes(_SIZE)
