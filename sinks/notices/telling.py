"""What is to be told, given what was told before. Pure.

Kept is, per fingerprint, the last notice that was told. One that ended stays for a while, so that a replay of what came
before its end tells nobody that it fires.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import msgspec

from schemas.durations import HOUR
from schemas.rows import AlertRow
from sinks.notices.notice import Notice, notice_of

KEEP_ENDED_MS = HOUR

encode_notice = msgspec.msgpack.Encoder().encode
decode_notice = msgspec.msgpack.Decoder(Notice).decode

IsNews = Callable[[Notice, Notice], bool]
"""Whether an alert that fires, and was told so before, is worth telling again: what was told, and what is now."""


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told, and what is to be kept once it is."""

    notices: tuple[Notice, ...]
    writes: tuple[tuple[bytes, bytes | None], ...]


def read_news(rows: Iterable[AlertRow], told: Mapping[bytes, bytes], is_news: IsNews) -> News:
    """What the rows, in their order, make worth telling; of each alert only where it stands after them.

    So an alert that began and ended among these rows, or in front of them, is told to nobody.
    """
    latest: dict[str, Notice] = {}
    by_alert: dict[str, Notice] = {}
    for row in rows:
        notice = notice_of(row)
        before = latest.get(notice.fingerprint) or _told(told, notice.fingerprint)
        if before is None or _follows(before, notice):
            latest[notice.fingerprint] = notice
            by_alert.pop(notice.alert_id, None)
            by_alert[notice.alert_id] = notice
    news = [one for one in by_alert.values() if _is_worth_telling(_told(told, one.fingerprint), one, is_news)]
    kept = {one.fingerprint: latest[one.fingerprint] for one in news}
    return News(tuple(news), tuple((name.encode(), encode_notice(one)) for name, one in kept.items()))


def standing(told: Mapping[bytes, bytes]) -> list[Notice]:
    """The notices of all alerts that were told to fire, and not to have ended."""
    notices = map(decode_notice, told.values())
    return [notice for notice in notices if notice.is_firing]


def forget_before(told: Mapping[bytes, bytes], clock: int) -> tuple[tuple[bytes, None], ...]:
    """The keys of what ended so long before `clock` (UTC ms) that nobody need know of it any more, each to delete."""
    ended = ((key, decode_notice(value)) for key, value in told.items())
    return tuple(
        (key, None) for key, notice in ended if not notice.is_firing and notice.updated_at < clock - KEEP_ENDED_MS
    )


def _told(told: Mapping[bytes, bytes], fingerprint: str) -> Notice | None:
    value = told.get(fingerprint.encode())
    return None if value is None else decode_notice(value)


def _follows(before: Notice, after: Notice) -> bool:
    """Whether the notice is later than one of the same fingerprint.

    Another alert counts from when it fires; a correction may have it begin earlier than the one it takes the place of.
    """
    if after.alert_id == before.alert_id:
        return after.version > before.version
    return after.is_firing and after.updated_at >= before.updated_at


def _is_worth_telling(before: Notice | None, notice: Notice, is_news: IsNews) -> bool:
    if before is None or not before.is_firing:
        return notice.is_firing
    if notice.is_firing:
        return is_news(before, notice)
    return notice.alert_id == before.alert_id
