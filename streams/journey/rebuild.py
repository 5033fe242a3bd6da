"""A touchpoint that comes late: the head is built anew from the whole log, and compared with what was sent."""

from __future__ import annotations

from collections.abc import Sequence

from streams.journey.append import Touched
from streams.journey.build import Built, build
from streams.journey.emit import Change, Emission, digests, followers
from streams.journey.render import Rendered, render_journey
from streams.journey.state import Head, Journey, Stored


def rebuild(
    before: Head, log: Sequence[Stored], fresh: Sequence[Stored], emission: Emission, touched: Touched, change: Change
) -> Head:
    """The head after `fresh` joined `log`, whose head was `before`.

    Adds tombstones of vanished journeys to `change`, and to `touched` whatever may have changed, with what was last
    sent noted in the new head, so that unchanged rows are not sent again.
    """
    old = build(emission.customer_id, sorted(log, key=_order), emission.catalogue)
    new = build(emission.customer_id, sorted([*log, *fresh], key=_order), emission.catalogue)
    _compare_journeys(before, old.head, new.head, emission, touched, change)
    for promise in new.head.promises.values():
        sent = before.promises.get(promise.promise_id)
        if sent is not None:
            promise.emitted, promise.overdue = sent.emitted, sent.overdue
        touched.promises.add(promise.promise_id)
    _compare_places(old, new, touched)
    new.head.version = before.version
    new.head.segments = before.segments
    new.head.fingerprints = before.fingerprints
    return new.head


def _compare_journeys(before: Head, old: Head, new: Head, emission: Emission, touched: Touched, change: Change) -> None:
    live = {journey.journey_id: journey for journey in before.journeys}
    previous = {journey.journey_id: journey for journey in old.journeys}
    following, now_following = followers(old), followers(new)

    def render(journey: Journey) -> Rendered:
        touchpoints = following[journey.journey_id]
        return render_journey(emission.customer_id, journey, touchpoints, emission.clock, emission.catalogue)

    for journey in new.journeys:
        sent = live.get(journey.journey_id)
        was = previous.pop(journey.journey_id, None)
        if sent is not None:
            journey.emitted = sent.emitted
        elif was is not None:
            name = journey.journey_id
            if was == journey and following[name] == now_following[name]:
                continue
            journey.emitted = digests(render(was))
        touched.journeys.add(journey.journey_id)
    for gone in previous.values():
        emission.bury_journey(render(gone), change)


def _compare_places(old: Built, new: Built, touched: Touched) -> None:
    places = {_name(place.stored): place.journey for place in old.places}
    for place in new.places:
        name = _name(place.stored)
        journey_id = place.journey.journey_id if place.journey is not None else None
        was = places.get(name)
        if name not in places or journey_id != (was.journey_id if was is not None else None):
            touched.place(place.stored, journey_id)


def _name(stored: Stored) -> tuple[str, str]:
    return stored.touchpoint.channel, stored.touchpoint.event_id


def _order(stored: Stored) -> tuple[int, str, str]:
    return stored.touchpoint.order
