"""A customer of whom so much is known that it rests in two parts."""

from __future__ import annotations

from typing import Any

import msgspec

from schemas.rows import HandoffRow
from streams.alerting.facts import Customer, CustomerRow, kept_by, take_rows
from streams.alerting.resting import IN_PARTS, MOST, encode_customer, lasting_key
from streams.settings import CoreChoice
from tests.streams.alerting.drawn import rest
from tests.streams.alerting.rows import MINUTE, NOON, handoff, rules
from tests.streams.alerting.world import World

CATALOGUE = rules()
KEPT = kept_by(CATALOGUE.alerts)
CORES: tuple[CoreChoice, ...] = ("auto", "python")
HANDOFFS = [f"00000000-0000-5000-8000-{number:012}" for number in range(12)]
JOURNEYS = [f"0b0d8c2e-54a5-5f0e-9a0e-{number:012}" for number in range(6)]


def known_of(*rows: CustomerRow) -> Customer:
    return take_rows(Customer(), rows, KEPT, NOON)


def smooth(number: int, **changes: Any) -> HandoffRow:
    return handoff(NOON - MINUTE, "C-1", handoff_id=HANDOFFS[number], result="smooth", **changes)


FAILED = handoff(NOON - MINUTE, "C-1", handoff_id=HANDOFFS[9])
MANY = [smooth(number) for number in range(MOST + 1)]


def old_form(customer: Customer) -> bytes:
    """All of it under the customer's id, without telling whether there is more."""
    return msgspec.msgpack.encode(
        msgspec.msgpack.decode(encode_customer(customer).removeprefix(IN_PARTS), strict=False)[:6]
    )


def in_parts_with_an_alert(core: CoreChoice) -> tuple[World, int]:
    world = World(CATALOGUE, NOON, core)
    for row in (*MANY, FAILED):
        world.publish(row)
    rest(world)
    assert [row.status for row in world.alerts()] == ["firing"]
    return world, next(number for number, one in world.states.partitions.items() if lasting_key("C-1") in one)
