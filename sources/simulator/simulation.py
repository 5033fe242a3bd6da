"""The bank at work: customers start journeys, all is delivered in the order of publishing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf
from random import Random

from schemas.catalogue import Catalogue
from schemas.durations import DAY, HOUR, MINUTE
from sources.simulator.channels import SCENES, draw_details
from sources.simulator.dirt import Courier, Delivery
from sources.simulator.intents import INTENTS, SHARES, Intent
from sources.simulator.people import customer
from sources.simulator.play import JourneyPlay
from sources.simulator.rhythm import PEAK, Tempo, crowd
from sources.simulator.stage import Serials, Stage
from sources.simulator.walk import play_journey
from sources.simulator.wire import Wire, bank_time

_LOOK_ROUND = 20
_JOURNEYS_GUESSED, _TOUCHPOINTS_GUESSED = 50, 400


@dataclass(frozen=True, slots=True)
class Plan:
    """What to play. Times are UTC ms.

    From `since` to `live_from` (None: for ever) customers come as they do in a bank: `journeys_per_day` each, by the
    hours of the day. From `live_from` on they come evenly, about `live_rate` touchpoints a second, day and night, in
    journeys sped up `compression` times. Where records do not go to their channels' topics (`by_topic`), none is on the
    wrong one. The truth holds where nobody else writes for these customers: two
    plans in one bank need different seeds and customers.
    """

    since: int
    seed: int = 1
    customers: int = 2_000
    journeys_per_day: float = 0.3
    live_from: int | None = None
    live_rate: float = 50.0
    compression: float = 600.0
    dirt: float = 0.02
    by_topic: bool = True


class Simulation:
    """Plays a plan; `advance` goes on in time, `finish` ends it. Not to be shared between threads."""

    def __init__(self, plan: Plan, catalogue: Catalogue) -> None:
        self._plan = plan
        self._catalogue = catalogue
        self._rng = Random(f"bank {plan.seed}")
        self._serials = Serials(f"{plan.seed:x}.{plan.since // 1000:x}")
        self._courier = Courier(Random(f"courier {plan.seed}"), plan.dirt, catalogue, plan.by_topic)
        self._free_from: dict[tuple[int, str], int] = {}
        self._due: list[tuple[int, int, Delivery]] = []
        self._order = 0
        self._journeys: list[JourneyPlay] = []
        self._journeys_played = _JOURNEYS_GUESSED
        self._touchpoints_played = _TOUCHPOINTS_GUESSED
        self._next_start = self._draw_start(plan.since)

    def advance(self, until: int) -> Iterator[Delivery]:
        """What is published up to `until`, in order."""
        while True:
            horizon = min(until, self._next_start)
            while self._due and self._due[0][0] <= horizon:
                yield heappop(self._due)[2]
            if self._next_start > until:
                return
            self._start(self._next_start)
            self._next_start = self._draw_start(self._next_start)

    def finish(self, at: int) -> Iterator[Delivery]:
        """What happened up to `at` and is still under way; what would have happened later is forgotten."""
        while self._due:
            delivery = heappop(self._due)[2]
            if delivery.happened_at <= at:
                yield delivery

    def take_journeys(self) -> list[JourneyPlay]:
        """The journeys begun since they were last taken, each with all that it will come to."""
        journeys, self._journeys = self._journeys, []
        return journeys

    def _start(self, at: int) -> None:
        live = self._plan.live_from is not None and at >= self._plan.live_from
        tempo = Tempo(self._plan.compression if live else 1.0)
        intent = self._rng.choices(INTENTS, cum_weights=SHARES)[0]
        number = self._find_idle(intent, at)
        if number is None:
            return
        who = customer(self._plan.seed, number)
        stage = Stage(self._rng, self._plan.seed, self._serials, who, intent, self._catalogue, tempo)
        self._free_from[number, intent.name] = ends_at = play_journey(stage, at)
        settles_at = max([ends_at, *stage.open_promises.values(), stage.owing.due_at if stage.owing else 0])
        self._journeys.append(JourneyPlay(who.customer_no, intent.name, who.care, stage.played, settles_at))
        self._journeys_played += 1
        self._touchpoints_played += len(stage.played) + 1
        for played in stage.played:
            self._send(self._courier.deliver(played.at, played.wire, tempo))
        self._look_in(number, at, tempo)

    def _find_idle(self, intent: Intent, at: int) -> int | None:
        """A customer for whom a journey of the intent stays apart from the one before."""
        first = self._rng.randrange(self._plan.customers)
        for step in range(_LOOK_ROUND):
            number = (first + step) % self._plan.customers
            if self._free_from.get((number, intent.name), 0) <= at:
                return number
        return None

    def _look_in(self, number: int, at: int, tempo: Tempo) -> None:
        """A login without an aim, which belongs to no journey; its device's clock may be up to 3 minutes wrong."""
        who = customer(self._plan.seed, number)
        at += tempo.squeeze(self._rng.uniform(0, 12) * HOUR)
        serial = self._serials.next()
        wire = Wire(
            schema_version=1,
            event_id=self._serials.name("e"),
            channel="mobile_app",
            occurred_at=bank_time(at),
            identities=who.identities["mobile_app"],
            touchpoint="balance.view",
            stage=SCENES["mobile_app"].steps[0][1],
            details=draw_details(self._rng, who, "mobile_app", "transfer", serial),
            session_id=f"L{self._serials.run}-{serial:x}",
        )
        ahead = self._rng.randrange(-3 * MINUTE, 3 * MINUTE) if self._rng.random() < self._plan.dirt * 5 else 0
        self._send(self._courier.deliver(at, wire, tempo, ahead))

    def _send(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            self._order += 1
            heappush(self._due, (delivery.publish_at, self._order, delivery))

    def _draw_start(self, after: int) -> int:
        """When the next journey starts, after the one before."""
        plan = self._plan
        live_from = inf if plan.live_from is None else plan.live_from
        at = after
        while at < live_from:
            at += int(self._rng.expovariate(plan.customers * plan.journeys_per_day / DAY * _PEAK_TO_MEAN)) + 1
            if at < live_from and self._rng.random() * PEAK < crowd(at):
                return at
        per_journey = self._touchpoints_played / self._journeys_played
        return max(after, int(live_from)) + int(self._rng.expovariate(plan.live_rate / per_journey / 1000)) + 1


def _mean_crowd() -> float:
    hours = [crowd(hour * HOUR) for hour in range(7 * 24)]
    return sum(hours) / len(hours)


_PEAK_TO_MEAN = PEAK / _mean_crowd()
