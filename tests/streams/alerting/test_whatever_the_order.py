"""At rest the alerts are those of the rows: whatever their order, batches and repetition, and crashes at any step."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.alerting.at_rest import alerts_at
from streams.alerting.customers import PATIENCE
from streams.alerting.facts import CustomerRow
from streams.settings import CoreChoice
from tests.streams.alerting.drawn import (
    IDS,
    cores,
    customers,
    deleted,
    handoffs,
    journeys,
    promises,
    recent,
    rest,
    seen,
    versioned,
    waits,
)
from tests.streams.alerting.rows import HOUR, MINUTE, NOON, RULES, handoff, journey, rules
from tests.streams.alerting.world import World

CATALOGUE = rules()
rows = st.lists(handoffs | journeys | promises | waits, min_size=1, max_size=25)


@settings(max_examples=120)
@given(drawn=rows, core=cores, data=st.data())
def test_at_rest_the_alerts_are_those_of_the_rows(
    drawn: list[CustomerRow], core: CoreChoice, data: st.DataObject
) -> None:
    stream = versioned(drawn)
    world = World(CATALOGUE, NOON, core)
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


changing = st.lists(
    st.builds(
        handoff,
        at=st.just(NOON - MINUTE),
        customer=st.sampled_from(["C-1", "C-2", "C-3"]),
        result=st.sampled_from(["failed", "smooth"]),
        failures=st.just(("lost",)),
        is_deleted=deleted,
    ),
    min_size=2,
    max_size=8,
)
SENSITIVE = rules(RULES.replace("min_count: 3", "min_count: 1"))
ENDINGS: tuple[dict[str, Any] | None, ...] = (None, {"result": "smooth"}, {"is_deleted": 1})
plays = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 9)), max_size=8)


@settings(max_examples=200)
@given(drawn=changing, plays=plays, ending=st.sampled_from(ENDINGS))
def test_what_was_said_before_a_crash_and_is_right_no_more_is_taken_back(
    drawn: list[CustomerRow], plays: list[tuple[int, int]], ending: dict[str, Any] | None
) -> None:
    """Batches crash at any step; what comes meanwhile is in the next batch, beside what is taken anew."""
    last = [] if ending is None else [handoff(NOON - MINUTE, f"C-{number}", **ending) for number in (1, 2, 3)]
    stream = versioned([*drawn, *last])
    known: list[CustomerRow] = [journey(f"C-{number}", version=len(stream)) for number in (1, 2, 3)]
    world = World(SENSITIVE, NOON)
    for row in known:
        world.publish(row)
    world.settle()
    waiting = list(stream)
    for count, crash in plays:
        for row in waiting[:count]:
            world.publish(row)
        del waiting[:count]
        for topic, partition in world.behind:
            world.steps.left = crash
            world.take(topic, partition)
            world.steps.left = None
        world.now += 1
    for row in waiting:
        world.publish(row)
    rest(world)
    assert seen(world.alerts()) == seen(alerts_at([*known, *stream], SENSITIVE, world.now, world.now))


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


moments = st.lists(
    st.tuples(
        st.builds(handoff, at=recent, customer=customers, handoff_id=st.sampled_from(IDS), is_deleted=deleted)
        | journeys
        | promises,
        st.sampled_from([0, 2 * PATIENCE, MINUTE, 40 * MINUTE, 2 * HOUR]),
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(moments=moments, core=cores)
def test_as_time_goes_on_what_is_said_of_customers_is_what_holds_then(
    moments: list[tuple[CustomerRow, int]], core: CoreChoice
) -> None:
    stream = versioned([row for row, _ in moments])
    world = World(CATALOGUE, NOON, core)
    for row, (_, pause) in zip(stream, moments, strict=True):
        world.publish(row)
        world.settle()
        world.now += pause
    rest(world)
    holds = alerts_at(stream, CATALOGUE, world.now, world.now)
    assert seen([row for row in world.alerts() if row.customer_id]) == seen([row for row in holds if row.customer_id])
