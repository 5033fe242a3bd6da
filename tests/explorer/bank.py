"""A simulated bank with everything that the explorer shows: dead letters and duplicates too, offset by offset."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import get_args
from uuid import NAMESPACE_OID, uuid5

import msgspec

from schemas.catalogue import load_catalogue
from schemas.decode import Decoder
from schemas.durations import DAY
from schemas.identity import anonymous_customer, identities_of
from schemas.refusal import Refusal
from schemas.rows import AlertRow, AlertStatus, DeadLetter, DeadReason, DuplicateRow, HandoffRow
from schemas.topics import BUILT_IN_CHANNELS
from schemas.touchpoint import Origin, Touchpoint
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.settings import ClickHouseSettings
from sources.simulator import Delivery, Plan, Simulation
from tests.support.filled import Bank, stitched_bank, store

CATALOGUE = load_catalogue(Path(__file__).parents[2] / "deploy" / "catalogue.yaml")
DAYS = 16


@dataclass(slots=True)
class Played:
    """What a bank was played: the rows of its journeys, and what became of each other record."""

    bank: Bank
    dead: list[DeadLetter]
    duplicates: list[DuplicateRow]
    alerts: list[AlertRow]


def play(until: int, customers: int = 400) -> Played:
    """The last days of a bank up to `until` (ms), which is also the clock."""
    simulation = Simulation(Plan(since=until - DAYS * DAY, seed=4, customers=customers, dirt=0.03), CATALOGUE)
    deliveries = [*simulation.advance(until), *simulation.finish(until)]
    owners = {it.wire.event_id: play.customer_id for play in simulation.take_journeys() for it in play.played}
    offsets: dict[str, int] = defaultdict(int)
    pairs: list[tuple[str, Touchpoint]] = []
    arrivals: dict[tuple[str, str], tuple[int, Origin]] = {}
    dead: list[DeadLetter] = []
    duplicates: list[DuplicateRow] = []
    decode = Decoder(BUILT_IN_CHANNELS).decode
    for delivery in deliveries:
        topic = f"omnitrack.touchpoints.{delivery.channel}"
        origin = Origin(topic, 0, offsets[topic])
        offsets[topic] += 1
        judged = decode(delivery.payload, delivery.channel, delivery.publish_at)
        if delivery.fate == "duplicate" and isinstance(judged, Touchpoint):
            owner = owners.get(judged.event_id, "")
            duplicates.append(DuplicateRow(origin, owner, delivery.channel, judged.event_id, delivery.publish_at))
        elif delivery.fate == "stored" and isinstance(judged, Touchpoint):
            owner = (
                judged.identities.get("customer_no")
                or owners.get(judged.event_id)
                or anonymous_customer(identities_of(judged))
            )
            pairs.append((owner, judged))
            arrivals[judged.channel, judged.event_id] = (delivery.publish_at, origin)
        else:
            dead.append(_letter(delivery, origin, judged))
    bank = stitched_bank(pairs, CATALOGUE, until)
    bank.touchpoints = [
        msgspec.structs.replace(row, received_at=received_at, origin=origin)
        for row in bank.touchpoints
        for received_at, origin in [arrivals[row.touchpoint.channel, row.touchpoint.event_id]]
    ]
    return Played(bank, dead, duplicates, _alerts(bank.handoffs))


def fill(settings: ClickHouseSettings, played: Played) -> None:
    """Make the tables and views, and store all rows."""
    migrate(settings, CATALOGUE)
    store(
        settings,
        {**played.bank.tables, "dead_letters": played.dead, "duplicates": played.duplicates, "alerts": played.alerts},
    )


def _alerts(handoffs: Sequence[HandoffRow]) -> list[AlertRow]:
    """An alert per handoff that lost its customer, of every status in turn, and one of a pair of channels."""
    lost = sorted((it for it in handoffs if "lost" in it.failures), key=lambda it: it.left_at)
    alerts = [_alert(it, status) for it, status in zip(lost, cycle(get_args(AlertStatus)), strict=False)]
    one = lost[len(lost) // 2]
    share = msgspec.structs.replace(
        _alert(one, "firing"),
        customer_id="",
        alert_id=str(uuid5(NAMESPACE_OID, "rate")),
        rule="failures_between_two_channels",
        kind="rate",
        severity="critical",
        summary="31 % of 58 handoffs failed within 1 h (over 20 %)",
        journey_id=None,
        labels={"from_channel": one.from_channel, "to_channel": one.to_channel},
        value=0.31,
        threshold=0.2,
        count=58,
    )
    return [*alerts, share]


def _alert(handoff: HandoffRow, status: AlertStatus) -> AlertRow:
    return AlertRow(
        customer_id=handoff.customer_id,
        alert_id=str(uuid5(NAMESPACE_OID, handoff.handoff_id)),
        fingerprint=uuid5(NAMESPACE_OID, handoff.handoff_id).hex,
        rule="lost",
        kind="handoff",
        severity="warning",
        subject=handoff.handoff_id,
        labels={"from_channel": handoff.from_channel, "to_channel": handoff.to_channel, "intent": handoff.intent},
        status=status,
        raised_at=handoff.left_at + DAY,
        updated_at=handoff.left_at + DAY,
        resolved_at=handoff.left_at + DAY if status == "resolved" else None,
        event_time=handoff.left_at,
        summary=f"Handoff {handoff.from_channel} → {handoff.to_channel} failed (lost) in {handoff.intent}",
        journey_id=handoff.journey_id,
        silenced_by="maintenance:move" if status == "silenced" else None,
        version=1,
        is_deleted=int(status == "retracted"),
    )


def _letter(delivery: Delivery, origin: Origin, judged: Touchpoint | Refusal) -> DeadLetter:
    reason = judged.reason if isinstance(judged, Refusal) else delivery.fate
    return DeadLetter(
        dead_letter_id=f"{origin.topic}:{origin.partition}:{origin.offset}",
        topic=origin.topic,
        partition=origin.partition,
        offset=origin.offset,
        key=base64.b64encode(delivery.key).decode(),
        received_at=delivery.publish_at,
        reason=msgspec.convert(reason, DeadReason),
        errors=judged.errors if isinstance(judged, Refusal) else (),
        payload=base64.b64encode(delivery.payload).decode(),
        version=1,
    )
