"""What the bank of a chaos round publishes: late, out of order, twice, junk among it, and partly anonymous."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from threading import Event, Thread
from typing import Any

import msgspec

from schemas.catalogue import Catalogue
from schemas.topics import Topics
from sources.simulator import Plan, Simulation
from sources.simulator.dirt import Delivery
from sources.simulator.senders import RawSender

DAY = 24 * 3600 * 1000
DAYS = 3
PLAYED_AT = 1_775_000_000_000
RECORDS_PER_JOURNEY = 9
DIRT = 0.08
ANONYMOUS = 0.3
"""Share of touchpoints that do not say whose they are."""
SHARED = 0.15
"""Share of customers who use one of the devices that several use."""
SHARED_DEVICES = 8
ANSWER_SECONDS = 90.0
"""How long a broker may be away before the load gives up."""


def deliveries(seed: int, count: int, catalogue: Catalogue, now: int) -> list[Delivery]:
    """At most `count` deliveries of a bank's last days before `now` (ms), in the order of publishing.

    The same for a seed but for the times, which are moved to `now`. The bank is small, so that most of its customers
    are known by several identities.
    """
    customers = max(20, count // 25)
    per_day = count / RECORDS_PER_JOURNEY / customers / DAYS
    plan = Plan(PLAYED_AT - DAYS * DAY, seed, customers, per_day, dirt=DIRT)
    played = islice(Simulation(plan, catalogue).advance(PLAYED_AT), count)
    return [_changed(seed, delivery, timedelta(milliseconds=now - PLAYED_AT)) for delivery in played]


def _changed(seed: int, delivery: Delivery, later: timedelta) -> Delivery:
    try:
        fields = json.loads(delivery.payload)
        _disguise(seed, delivery, fields)
        _move(fields, later)
    except (ValueError, KeyError):
        return delivery
    return msgspec.structs.replace(delivery, payload=_encode(fields, delivery.payload))


def _disguise(seed: int, delivery: Delivery, fields: dict[str, Any]) -> None:
    """Some touchpoints lose their customer_no, some devices get a second user; all copies of one alike."""
    identities = fields["identities"]
    if _chance(seed, identities.get("device")) < SHARED:
        identities["device"] = f"shared-{int(_chance(seed, 'shared', identities['device']) * SHARED_DEVICES)}"
    anonymous = {kind: value for kind, value in identities.items() if kind != "customer_no"}
    if _chance(seed, delivery.channel, delivery.event_id) < ANONYMOUS and (anonymous or fields.get("session_id")):
        fields["identities"] = anonymous


def _move(fields: dict[str, Any], later: timedelta) -> None:
    """All times of the record by as much."""
    for place, name in ((fields, "occurred_at"), (fields.get("referral"), "due_at"), (fields.get("promise"), "due_at")):
        if place is not None and place.get(name) is not None:
            place[name] = (datetime.fromisoformat(place[name]) + later).isoformat()


def _encode(fields: dict[str, Any], before: bytes) -> bytes:
    padding = len(before) - len(before.rstrip(b" "))
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode() + b" " * padding


def _chance(*what: object) -> float:
    """Between 0 and 1, always the same for the same names; 1 for an identity that is not there."""
    if what[-1] is None:
        return 1.0
    return int.from_bytes(hashlib.blake2b(repr(what).encode(), digest_size=6).digest()) / 2**48


class Load(Thread):
    """Publishes a backlog when it is told to, then, started, the rest evenly over `seconds`."""

    def __init__(self, kafka: str, topics: Topics, played: Sequence[Delivery], backlog: float, seconds: float) -> None:
        super().__init__(name="load", daemon=True)
        self._sender = RawSender(kafka, topics, ANSWER_SECONDS)
        split = int(len(played) * backlog)
        self._backlog, self._rest = played[:split], played[split:]
        self._seconds = seconds
        self._given_up = Event()
        self._failure: Exception | None = None

    def publish_backlog(self) -> None:
        for delivery in self._backlog:
            self._sender.send(delivery)
        self._sender.flush()

    def run(self) -> None:
        begun = time.monotonic()
        try:
            for number, delivery in enumerate(self._rest):
                wait = begun + self._seconds * number / len(self._rest) - time.monotonic()
                if wait > 0 and self._given_up.wait(wait):
                    return
                self._sender.send(delivery)
            self._sender.flush()
        except Exception as error:  # noqa: BLE001 -- raised where the round waits for it
            self._failure = error

    def finish(self) -> None:
        """Return when all is published; raises what kept the broker from taking it."""
        self.join()
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Give up what is not published yet."""
        self._given_up.set()
        with suppress(RuntimeError):
            self.join(ANSWER_SECONDS)
        self._sender.close()
