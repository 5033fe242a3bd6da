"""At rest the alerts are those of the rows: whatever their order, batches and repetition, and crashes at any step."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.rows import AlertRow
from streams.alerting.at_rest import alerts_at
from streams.alerting.customers import PATIENCE
from streams.alerting.facts import CustomerRow
from tests.streams.alerting.rows import HOUR, MINUTE, NOON, handoff, journey, promise, rules, waited
from tests.streams.alerting.world import World

CATALOGUE = rules()
customers = st.sampled_from(["C-1", "C-2", "C-3", "C-4", "anon:device:d"])
recent = st.sampled_from([NOON - minutes * MINUTE for minutes in (1, 2, 7, 15, 31, 45, 55, 200)])
deleted = st.sampled_from([0, 0, 0, 1])
IDS = [f"00000000-0000-5000-8000-00000000000{number}" for number in range(3)]

handoffs = st.builds(
    handoff,
    at=recent,
    customer=customers,
    handoff_id=st.sampled_from(IDS),
    to_channel=st.sampled_from(["branch", "hotline"]),
    result=st.sampled_from(["failed", "failed", "smooth", "pending"]),
    failures=st.sampled_from([("lost",), ("repeated", "stalled"), ("stalled",)]),
    is_deleted=deleted,
)
journeys = st.builds(
    journey, customer=customers, incidents=st.sampled_from([(), (), ("outage-7",)]), is_deleted=deleted
)
promises = st.builds(
    promise,
    due_at=st.sampled_from([NOON + 3 * HOUR, NOON + HOUR, NOON - HOUR]),
    customer=customers,
    kept_at=st.sampled_from([None, NOON - 90 * MINUTE, NOON - 10 * MINUTE]),
    status=st.sampled_from(["pending", "overdue"]),
    is_deleted=deleted,
)
waits = st.builds(
    waited,
    seconds=st.sampled_from([30.0, 700.0, 900.0]),
    at=recent,
    customer=customers,
    intent=st.sampled_from(["transfer", None]),
    incident_id=st.sampled_from([None, None, "outage-7"]),
    is_deleted=deleted,
)
rows = st.lists(handoffs | journeys | promises | waits, min_size=1, max_size=25)


def versioned(drawn: list[CustomerRow]) -> list[CustomerRow]:
    """Each row later than those before it, as stitching sends them: what replaces another one is newer."""
    return [msgspec.structs.replace(row, version=number) for number, row in enumerate(drawn, 1)]


def rest(world: World) -> None:
    """Take all there is, and have the patience with what may still come."""
    world.settle()
    world.now += 2 * PATIENCE
    world.settle()


def seen(alerts: list[AlertRow]) -> Sequence[object]:
    """What readers go by: not when it was said, and for shares not which alert of the group it is."""
    return sorted(
        (
            (row.fingerprint, row.status, row.resolved_at or 0, row.summary, row.silenced_by or "", row.value or 0)
            + ((row.alert_id, row.event_time) if row.customer_id else ())
        )
        for row in alerts
    )


@settings(max_examples=120)
@given(drawn=rows, data=st.data())
def test_at_rest_the_alerts_are_those_of_the_rows(drawn: list[CustomerRow], data: st.DataObject) -> None:
    stream = versioned(drawn)
    world = World(CATALOGUE, NOON)
    waiting = list(stream)
    for _ in range(data.draw(st.integers(0, 12), "batches")):
        for row in waiting[: data.draw(st.integers(0, 6), "published")]:
            world.publish(row)
            waiting.remove(row)
        if world.behind:
            topic, partition = data.draw(st.sampled_from(world.behind), "partition")
            world.steps.left = data.draw(st.none() | st.integers(0, 12), "crash")
            world.take(topic, partition, data.draw(st.integers(1, 4), "records"))
            world.steps.left = None
        world.now += data.draw(st.sampled_from([0, 1, 400]), "pause")
    for row in waiting:
        world.publish(row)
    rest(world)
    assert seen(world.alerts()) == seen(alerts_at(stream, CATALOGUE, world.now, world.now))


@settings(max_examples=60)
@given(drawn=rows, again=st.lists(st.integers(0, 24), max_size=10))
def test_rows_that_come_again_change_nothing(drawn: list[CustomerRow], again: list[int]) -> None:
    stream = versioned(drawn)
    world = World(CATALOGUE, NOON)
    for row in stream:
        world.publish(row)
    rest(world)
    said = len(world.said())
    for number in again:
        world.publish(stream[number % len(stream)])
    world.settle()
    assert len(world.said()) == said
