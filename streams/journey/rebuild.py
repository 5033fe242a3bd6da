"""A touchpoint that comes late: the head is built anew from the whole log, and compared with what was sent."""

from __future__ import annotations

from collections.abc import Sequence

from streams.journey.append import Touched
from streams.journey.arrivals import Sorted, order
from streams.journey.build import Built, Place, build
from streams.journey.emit import Change, Emission, digests, followers
from streams.journey.render import Rendered, render_journey
from streams.journey.state import Head, Journey, Stored


def rebuild(
    before: Head, log: Sequence[Stored], found: Sorted, emission: Emission, touched: Touched, change: Change
) -> Head:
    """The head after what was `found` joined and left `log`, whose head was `before`.

    Adds tombstones of vanished journeys and promises to `change`, and to `touched` whatever may have changed, with
    what was last sent noted in the new head, so that unchanged rows are not sent again.
    """
    kept = [stored for stored in log if stored.name not in found.removed]
    old = build(emission.customer_id, sorted(log, key=order), emission.catalogue)
    new = build(emission.customer_id, sorted([*kept, *found.fresh], key=order), emission.catalogue)
    _compare_journeys(before, old.head, new.head, emission, touched, change)
    _compare_promises(before, old.head, new.head, emission, touched, change)
    _compare_places(old, new, emission.everything, touched)
    new.head.version = before.version
    new.head.segments = before.segments
    new.head.fingerprints = before.fingerprints
    new.head.prune_at = before.prune_at
    new.head.withdrawn = before.withdrawn
    new.head.collecting = before.collecting
    new.head.lasting = before.lasting
    new.head.twins = before.twins
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
            unchanged = was == journey and following[journey.journey_id] == now_following[journey.journey_id]
            # Noted even so: when the newest touchpoints are withdrawn, a journey can come within reach again.
            journey.emitted = digests(render(was))
            if unchanged and not emission.everything:
                continue
        touched.journeys.add(journey.journey_id)
    for gone in previous.values():
        emission.bury_journey(render(gone), change)


def _compare_promises(before: Head, old: Head, new: Head, emission: Emission, touched: Touched, change: Change) -> None:
    for promise_id, promise in new.promises.items():
        sent = before.promises.get(promise_id)
        if sent is not None:
            promise.emitted, promise.overdue = sent.emitted, sent.overdue
        touched.promises.add(promise_id)
    for promise_id, promise in old.promises.items():
        if promise_id not in new.promises:
            emission.bury_promise(promise, change)


def _compare_places(old: Built, new: Built, everything: bool, touched: Touched) -> None:
    # By origin: another touchpoint of its name may have taken the place of one that was withdrawn.
    places = {(place.stored.name, place.stored.origin): _journey_id(place) for place in old.places}
    for place in new.places:
        key, journey_id = (place.stored.name, place.stored.origin), _journey_id(place)
        if everything or key not in places or journey_id != places[key]:
            touched.place(place.stored, journey_id)


def _journey_id(place: Place) -> str | None:
    return place.journey.journey_id if place.journey is not None else None
