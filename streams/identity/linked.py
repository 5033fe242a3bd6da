"""An identity: learns its customers, and tells the profiles that watch it."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.identity import SESSION, IdentityRecord, Link, Told, Watch
from streams.identity.resolve import MOST_CUSTOMERS
from streams.identity.state import IdentityChange, Linked, Retention, Watcher, decode_linked, decode_watchers, encode
from streams.journey.log import Get, Log

_REMEMBERED = 1.5
"""Horizons for which a watcher counts, and a session is known: a profile in use watches again after half a horizon."""


def advance_linked(key: str, get: Get, records: Sequence[IdentityRecord], retention: Retention) -> IdentityChange:
    """Let the identity take `records`: links and watches. Without records it forgets what is over."""
    raw = get(key.encode())
    state = decode_linked(raw) if raw is not None else Linked()
    log: Log[Watcher] = Log(key, state, get, decode_watchers)
    change = IdentityChange()
    grown = False
    asking: dict[str, Watcher] = {}
    for record in records:
        if isinstance(record, Link):
            grown = _learn(state, record.customer_id) or grown
            state.seen_at = max(state.seen_at, record.at)
        elif isinstance(record, Watch):
            asking[record.profile] = Watcher(record.profile, record.at)
            state.seen_at = max(state.seen_at, record.at)
    watching = {watcher.profile: watcher for watcher in log.all(state)} if grown else {}
    _tell(key, state, [*(watching | asking)], change)
    _keep_watchers(state, log, asking, change)
    _forget(key, state, log, retention, change)
    if raw != (now := change.writes.get(key.encode(), encode(state))):
        change.writes[key.encode()] = now
    change.due_at = state.due_at
    return change


def _learn(state: Linked, customer_id: str) -> bool:
    if state.customers is None or customer_id in state.customers:
        return False
    known = [*state.customers, customer_id]
    state.customers = None if len(known) > MOST_CUSTOMERS else known
    return True


def _tell(key: str, state: Linked, profiles: list[str], change: IdentityChange) -> None:
    kind, _, value = key.partition(":")
    told = Told((kind, value), None if state.customers is None else tuple(state.customers))
    change.identity.extend((profile, told) for profile in profiles)


def _keep_watchers(state: Linked, log: Log[Watcher], asking: dict[str, Watcher], change: IdentityChange) -> None:
    if state.customers is None:
        if state.segments:
            change.writes.update(log.replace(state, []))
        return
    fresh = []
    for watcher in asking.values():
        known = log.find(watcher.name)
        if known is None or known.at < watcher.at:
            fresh.append(watcher)
    if fresh:
        change.writes.update(log.add(state, fresh))


def _forget(key: str, state: Linked, log: Log[Watcher], retention: Retention, change: IdentityChange) -> None:
    """Drop watchers that no longer count, and a session that is over with all that is known of it."""
    is_session = key.startswith(SESSION + ":")
    if state.due_at is not None and state.due_at <= retention.clock:
        if is_session and retention.is_over(state.seen_at, _REMEMBERED):
            change.writes.update(log.replace(state, []))
            change.writes[key.encode()] = None
            state.due_at = None
            return
        kept = [watcher for watcher in log.all(state) if not retention.is_over(watcher.at, _REMEMBERED)]
        change.writes.update(log.replace(state, kept))
        state.due_at = None
    if state.due_at is None and (is_session or state.segments):
        oldest = min((segment.newest_at for segment in state.segments), default=state.seen_at)
        state.due_at = retention.ends(oldest, _REMEMBERED)
