"""How touchpoints are delivered: late, out of order, twice, and among records that break the contract."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Literal

import msgspec

from schemas.catalogue import Catalogue
from schemas.durations import DAY, HOUR, MINUTE, SECOND
from schemas.rows import DeadReason
from sources.simulator.people import CHANNELS
from sources.simulator.rhythm import Tempo
from sources.simulator.wire import Wire, bank_time, encode, utc_time

Fate = Literal["stored", "duplicate"] | DeadReason

_WARM_UP = 200
_PADDING = b" " * 65_536
_FAULTS: tuple[dict[str, object], ...] = (
    {"stage": "teleport"},
    {"touchpoint": "Login Page"},
    {"outcome": "referred", "referral": None},
    {"wait_seconds": -1.0},
    {"details": {}},
)


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """A record for the topic of `channel`, at `publish_at`, and what must become of it.

    `happened_at` is when what it tells of truly happened (both UTC ms); `event_id` names it where it can be read.
    """

    publish_at: int
    happened_at: int
    channel: str
    key: bytes
    payload: bytes
    event_id: str
    fate: Fate = "stored"


class Courier:
    """Delivers touchpoints, with dirt: a share `dirt` of them twice, and half as many junk records besides."""

    def __init__(self, rng: Random, dirt: float, catalogue: Catalogue, by_topic: bool = True) -> None:
        self._rng = rng
        self._dirt = dirt
        self._horizon = catalogue.horizon
        self._delivered = dict.fromkeys(CHANNELS, 0)
        junk: tuple[tuple[Fate, Callable[[Wire, int], tuple[str, bytes]]], ...] = (
            ("not_json", self._cut_short),
            ("too_large", self._pad),
            ("unknown_version", self._raise_version),
            ("schema", self._break_rule),
            ("channel_mismatch", self._mistake_channel),
            ("clock_ahead", self._set_clock_ahead),
            ("conflict", self._change_content),
            ("too_late", self._keep_for_long),
        )
        self._junk = tuple(each for each in junk if by_topic or each[0] != "channel_mismatch")

    def deliver(self, at: int, wire: Wire, tempo: Tempo, ahead: int = 0) -> list[Delivery]:
        """The deliveries of one touchpoint: itself first. `ahead` is by how much the device's clock is wrong (ms)."""
        key = wire.identities.get("customer_no", wire.event_id).encode()
        self._delivered[wire.channel] += 1
        sent = at + self._delay(tempo)
        payload = encode(_at(wire, bank_time(at + ahead)) if ahead else wire)
        deliveries = [Delivery(sent, at, wire.channel, key, payload, wire.event_id)]
        if not self._dirt:
            return deliveries
        if self._rng.random() < self._dirt:
            again = payload if self._rng.random() < 0.5 else encode(_at(wire, utc_time(at + ahead)))
            deliveries.append(
                Delivery(sent + self._delay(tempo) + 1, at, wire.channel, key, again, wire.event_id, "duplicate")
            )
        if self._rng.random() < self._dirt / 2:
            deliveries.extend(self._spoil(wire, sent + 1 + self._delay(tempo), key))
        return deliveries

    def _delay(self, tempo: Tempo) -> int:
        """Most arrive at once; with dirt some take seconds to minutes, and a few hours."""
        luck = self._rng.random()
        if luck >= self._dirt * 5:
            return 0
        if luck < self._dirt * 0.05:
            return tempo.squeeze(self._rng.uniform(1, 6) * HOUR)
        if luck < self._dirt:
            return tempo.squeeze(self._rng.uniform(1, 10) * MINUTE)
        return int(self._rng.expovariate(1.0) * 2 * SECOND)

    def _spoil(self, wire: Wire, at: int, key: bytes) -> list[Delivery]:
        fate, spoil = self._rng.choice(self._junk)
        if fate == "too_late" and (self._horizon is None or self._delivered[wire.channel] < _WARM_UP):
            return []
        event_id = wire.event_id if fate == "conflict" else f"{wire.event_id}x"
        channel, payload = spoil(msgspec.structs.replace(wire, event_id=event_id), at)
        return [Delivery(at, at, channel, key, payload, event_id, fate)]

    def _cut_short(self, wire: Wire, at: int) -> tuple[str, bytes]:
        payload = encode(wire)
        spoilt = payload[: self._rng.randrange(1, len(payload))]
        return wire.channel, spoilt if self._rng.random() < 0.7 else b"\xff\xfe" + spoilt

    def _pad(self, wire: Wire, at: int) -> tuple[str, bytes]:
        return wire.channel, encode(wire) + _PADDING

    def _raise_version(self, wire: Wire, at: int) -> tuple[str, bytes]:
        return wire.channel, encode(msgspec.structs.replace(wire, schema_version=2))

    def _break_rule(self, wire: Wire, at: int) -> tuple[str, bytes]:
        fault = self._rng.choice(_FAULTS)
        return wire.channel, encode(msgspec.structs.replace(wire, **fault))

    def _mistake_channel(self, wire: Wire, at: int) -> tuple[str, bytes]:
        return self._rng.choice([channel for channel in CHANNELS if channel != wire.channel]), encode(wire)

    def _set_clock_ahead(self, wire: Wire, at: int) -> tuple[str, bytes]:
        return wire.channel, encode(_at(wire, bank_time(at + 400 * DAY)))

    def _change_content(self, wire: Wire, at: int) -> tuple[str, bytes]:
        return wire.channel, encode(msgspec.structs.replace(wire, handle_seconds=(wire.handle_seconds or 0.0) + 1.0))

    def _keep_for_long(self, wire: Wire, at: int) -> tuple[str, bytes]:
        return wire.channel, encode(_at(wire, bank_time(at - (self._horizon or 0) - 30 * DAY)))


def _at(wire: Wire, occurred_at: datetime) -> Wire:
    return msgspec.structs.replace(wire, occurred_at=occurred_at)
