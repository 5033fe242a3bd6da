"""The specification's pure function: all rows of a set of touchpoints at a clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.catalogue import Catalogue
from schemas.rows import HandoffRow, JourneyRow, PromiseRow
from schemas.touchpoint import Origin, Touchpoint
from streams.journey.build import build
from streams.journey.emit import followers
from streams.journey.render import render_journey, render_promise
from streams.journey.state import Stored

_NOWHERE = Origin("", 0, 0)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where a touchpoint belongs: its customer and its journey (None: unattached)."""

    channel: str
    event_id: str
    customer_id: str
    journey_id: str | None


@dataclass(frozen=True, slots=True)
class Stitched:
    """Rows of all customers (version 0), and the assignment of every touchpoint."""

    journeys: list[JourneyRow] = field(default_factory=list)
    handoffs: list[HandoffRow] = field(default_factory=list)
    promises: list[PromiseRow] = field(default_factory=list)
    assignment: list[Assignment] = field(default_factory=list)


def stitch(touchpoints: Iterable[tuple[str, Touchpoint]], catalogue: Catalogue, now: int) -> Stitched:
    """Stitch `(customer_id, touchpoint)` pairs at clock `now` (ms).

    Of a customer's touchpoints with the same channel and event_id the first given stays. Journeys, handoffs and
    promises come customer by customer in the order of their beginning, the assignment by channel and event_id.
    """
    customers: dict[str, dict[tuple[str, str], Touchpoint]] = {}
    for customer_id, touchpoint in touchpoints:
        known = customers.setdefault(customer_id, {})
        known.setdefault((touchpoint.channel, touchpoint.event_id), touchpoint)
    stitched = Stitched()
    for customer_id in sorted(customers):
        _stitch_customer(customer_id, customers[customer_id].values(), catalogue, now, stitched)
    stitched.assignment.sort(key=lambda each: (each.channel, each.event_id, each.customer_id))
    return stitched


def _stitch_customer(
    customer_id: str, touchpoints: Iterable[Touchpoint], catalogue: Catalogue, now: int, stitched: Stitched
) -> None:
    log = [Stored(touchpoint, 0, _NOWHERE) for touchpoint in sorted(touchpoints, key=lambda each: each.order)]
    built = build(customer_id, log, catalogue)
    following = followers(built.head)
    for journey in built.head.journeys:
        rendered = render_journey(customer_id, journey, following[journey.journey_id], now, catalogue)
        stitched.journeys.append(rendered.journey)
        stitched.handoffs.extend(rendered.handoffs)
    for promise in built.head.promises.values():
        stitched.promises.append(render_promise(customer_id, promise, now))
    for place in built.places:
        touchpoint = place.stored.touchpoint
        journey_id = place.journey.journey_id if place.journey is not None else None
        stitched.assignment.append(Assignment(touchpoint.channel, touchpoint.event_id, customer_id, journey_id))
