"""What the pipeline stores of a simulated bank's records that are no touchpoints: dead letters and duplicates."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Iterable

from schemas.catalogue import Catalogue
from schemas.decode import decoder_for
from schemas.refusal import Refusal
from schemas.rows import DeadLetter, DeadReason, DuplicateRow
from schemas.topics import BUILT_IN_CHANNELS
from schemas.touchpoint import Origin, Touchpoint
from sinks.port import Row, Table
from sources.simulator import Delivery, Plan, Simulation


def dirt_of(
    plan: Plan, catalogue: Catalogue, until: int, stored: Iterable[tuple[str, Touchpoint]]
) -> dict[Table, list[Row]]:
    """The dead letters and duplicates of a play up to `until` (ms), each received when it was published.

    Their offsets follow those of the `stored` touchpoints, as `stitched_bank` numbers them.
    """
    simulation = Simulation(plan, catalogue)
    owners: dict[tuple[str, str], str] = {}
    offsets: dict[str, int] = defaultdict(int, Counter(touchpoint.channel for _, touchpoint in stored))
    for customer, touchpoint in stored:
        owners[touchpoint.channel, touchpoint.event_id] = customer
    found: dict[Table, list[Row]] = {"dead_letters": [], "duplicates": []}
    for delivery in [*simulation.advance(until), *simulation.finish(until)]:
        fate = delivery.fate
        if fate == "stored":
            continue
        origin = Origin(f"omnitrack.touchpoints.{delivery.channel}", 0, offsets[delivery.channel])
        offsets[delivery.channel] += 1
        if fate == "duplicate":
            owner = owners[delivery.channel, delivery.event_id]
            found["duplicates"].append(
                DuplicateRow(origin, owner, delivery.channel, delivery.event_id, delivery.publish_at)
            )
        else:
            found["dead_letters"].append(_letter(delivery, origin, fate))
    return found


def _letter(delivery: Delivery, origin: Origin, reason: DeadReason) -> DeadLetter:
    refused = decoder_for(BUILT_IN_CHANNELS).decode(delivery.payload, delivery.channel, delivery.publish_at)
    return DeadLetter(
        dead_letter_id=f"{origin.topic}:{origin.partition}:{origin.offset}",
        topic=origin.topic,
        partition=origin.partition,
        offset=origin.offset,
        key=b64encode(delivery.key).decode(),
        received_at=delivery.publish_at,
        reason=reason,
        errors=refused.errors if isinstance(refused, Refusal) else (),
        payload=b64encode(delivery.payload).decode(),
        version=1,
    )
