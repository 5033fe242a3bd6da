"""A profile: holds the touchpoints that bear the same identities, and gives them to whoever is told to be theirs."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.identity import Held, IdentityRecord, Told, Watch, anonymous_customer, identity_key
from schemas.rows import DuplicateRow
from schemas.touchpoint import Arrival, Withdrawal
from streams.identity.resolve import decide
from streams.identity.state import IdentityChange, Profile, Retention, decode_arrivals, decode_profile, encode
from streams.journey.log import Get, Log

_WATCH_AGAIN = 0.5
"""Horizons after which a profile in use tells its identities so: they forget watchers after 1.5."""


def advance_profile(
    key: str, get: Get, records: Sequence[IdentityRecord], retention: Retention, via: int
) -> IdentityChange:
    """Let the profile take `records`, in order: touchpoints to hold, and what its identities tell.

    `via` is the partition of the `identity` topic. Every step of a touchpoint's way from customer to customer is sent,
    not only where it ends: a replay sends the same way from any point on, however the records fall into batches.
    """
    raw = get(key.encode())
    if raw is None and not any(isinstance(record, Held) for record in records):
        return IdentityChange()
    state = decode_profile(raw) if raw is not None else Profile()
    home = _Home(key, state, get, via)
    for record in records:
        if isinstance(record, Held):
            home.hold(record, retention)
        elif isinstance(record, Told) and state.identities:
            home.hear(record)
    return home.close(retention, raw)


class _Home:
    """A profile's state while it takes a batch."""

    def __init__(self, key: str, state: Profile, get: Get, via: int) -> None:
        self._key = key
        self._state = state
        self._via = via
        self._log: Log[Arrival] = Log(key, state, get, decode_arrivals)
        self._fresh: dict[tuple[str, str], list[Arrival]] = {}
        self._change = IdentityChange()

    def hold(self, held: Held, retention: Retention) -> None:
        """Give the touchpoint to the customer, if there is one, and hold it for as long as that may change."""
        state, arrival = self._state, held.arrival
        state.identities = held.identities
        at = arrival.at
        if not state.watched_at or (retention.horizon and at - state.watched_at > _WATCH_AGAIN * retention.horizon):
            state.watched_at = at
            watch = Watch(self._key, at)
            self._change.identity.extend((identity_key(identity), watch) for identity in state.identities)
        known = self._find(arrival.name)
        if known is not None and known.touchpoint == arrival.touchpoint:
            if known.origin != arrival.origin:
                self._change.duplicates.append(self._duplicate(arrival))
            return
        if not state.is_settled:
            self._fresh.setdefault(arrival.name, []).append(arrival)
        if state.customer_id is not None:
            self._give(arrival, state.customer_id)

    def hear(self, told: Told) -> None:
        """Note whose an identity is; once all are known, the touchpoints go to whom they tell, or to nobody known."""
        state = self._state
        if told.identity not in state.identities:
            return
        place = state.identities.index(told.identity)
        state.answers[place] = _merged(state.answers.get(place, []), told.customers)
        if len(state.answers) < len(state.identities):
            return
        customer_id = decide(known for _, known in sorted(state.answers.items()))
        self._move(anonymous_customer(state.identities) if customer_id is None else customer_id)

    def close(self, retention: Retention, raw: bytes | None) -> IdentityChange:
        """Write what is to be held from now on."""
        state, change, key = self._state, self._change, self._key.encode()
        fresh = self._all_fresh()
        if state.is_settled:
            change.writes.update(self._log.replace(state, []))
        elif fresh:
            change.writes.update(self._log.add(state, fresh))
        if state.due_at is not None and state.due_at <= retention.clock:
            # Before all its identities have answered, what it holds is nowhere else: to forget it is to lose it.
            waits = state.customer_id is None
            kept = [arrival for arrival in self._log.all(state) if waits or not retention.is_over(arrival.at)]
            change.writes.update(self._log.replace(state, kept))
            state.due_at = None
            if not kept:
                change.writes[key] = None
                return change
        if state.due_at is None:
            oldest = min((segment.newest_at for segment in state.segments), default=state.watched_at)
            state.due_at = retention.ends(oldest)
        encoded = encode(state)
        if encoded != raw:
            change.writes[key] = encoded
        change.due_at = state.due_at
        return change

    def _move(self, customer_id: str) -> None:
        state, left = self._state, self._state.customer_id
        if customer_id == left:
            return
        held = [*self._log.all(state), *self._all_fresh()]
        if left is not None:
            for arrival in held:
                at, (channel, event_id) = arrival.at, arrival.name
                withdrawal = Withdrawal(channel, event_id, at, arrival.origin, state.placement)
                self._change.customer.append((left, withdrawal))
        state.customer_id = customer_id
        state.placement += 1
        for arrival in held:
            self._give(arrival, customer_id)

    def _give(self, arrival: Arrival, customer_id: str) -> None:
        placed = Arrival(
            arrival.touchpoint,
            arrival.origin,
            arrival.received_at,
            arrival.key,
            arrival.payload,
            self._via,
            self._state.placement,
        )
        self._change.customer.append((customer_id, placed))

    def _all_fresh(self) -> list[Arrival]:
        return [arrival for each in self._fresh.values() for arrival in each]

    def _find(self, name: tuple[str, str]) -> Arrival | None:
        known = self._log.find(name)
        return self._fresh[name][0] if known is None and name in self._fresh else known

    def _duplicate(self, arrival: Arrival) -> DuplicateRow:
        customer_id = self._state.customer_id or anonymous_customer(self._state.identities)
        return DuplicateRow(arrival.origin, customer_id, *arrival.name, arrival.received_at)


def _merged(known: list[str] | None, told: tuple[str, ...] | None) -> list[str] | None:
    """Answers overtake each other; but customers only come, and an identity that is public stays so."""
    return None if known is None or told is None else sorted({*known, *told})
