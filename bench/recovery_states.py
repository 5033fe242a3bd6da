"""Realistic states of many customers: made by the core from simulated customers, then given other customers' names."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator

from schemas.catalogue import Catalogue
from schemas.decode import Decoder
from schemas.durations import DAY
from schemas.refusal import Refusal
from schemas.touchpoint import Arrival, Origin
from sources.simulator import Plan, Simulation
from streams.identity import resolve
from streams.journey import advance

DAYS = 40
JOURNEYS = 1.0
"""Per customer within the horizon."""

State = list[tuple[bytes, bytes]]
"""Keys and values of one customer."""


def simulated_states(customers: int) -> list[tuple[str, State]]:
    """The states of customers of a bank after `DAYS` days; only those that came, touchpoint by touchpoint."""
    now = time.time_ns() // 1_000_000
    catalogue = Catalogue()
    plan = Plan(now - DAYS * DAY, seed=1, customers=customers, journeys_per_day=JOURNEYS / DAYS, dirt=0.0)
    decoder = Decoder(catalogue.channels)
    arrivals: defaultdict[str, list[Arrival]] = defaultdict(list)
    for offset, one in enumerate(Simulation(plan, catalogue).advance(now)):
        touchpoint = decoder.decode(one.payload, one.channel, one.publish_at)
        if isinstance(touchpoint, Refusal):
            raise SystemExit(f"the simulator's touchpoints break the contract: {touchpoint}")
        origin = Origin(f"omnitrack.touchpoints.{one.channel}", 0, offset)
        arrival = Arrival(touchpoint, origin, one.publish_at, one.key, one.payload)
        arrivals[resolve(touchpoint, {})].append(arrival)
    return [(customer, _state(customer, each, catalogue)) for customer, each in arrivals.items()]


def _state(customer: str, arrivals: list[Arrival], catalogue: Catalogue) -> State:
    state: dict[bytes, bytes] = {}
    for arrival in sorted(arrivals, key=lambda each: each.touchpoint.order):
        change = advance(customer, state.get, [arrival], catalogue, arrival.received_at, arrival.received_at)
        for key, value in change.writes.items():
            if value is None:
                state.pop(key, None)
            else:
                state[key] = value
    return list(state.items())


def states(count: int, models: list[tuple[str, State]]) -> Iterator[tuple[str, State]]:
    """`count` customers, whose states are those of the `models` in turn, under keys of their own."""
    for number in range(count):
        model, state = models[number % len(models)]
        customer = f"C-{number:07}"
        skipped = len(model.encode())
        yield customer, [(customer.encode() + key[skipped:], value) for key, value in state]
