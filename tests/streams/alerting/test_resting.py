"""What lasts of a customer rests apart: nothing is lost by it, and most rows do not write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from schemas.rows import HandoffRow, JourneyRow
from streams.alerting.at_rest import alerts_at
from streams.alerting.facts import Customer, CustomerRow, take_rows
from streams.alerting.memory import recall
from streams.alerting.resting import (
    IN_PARTS,
    MOST,
    Known,
    LastingPartMissing,
    close_customer,
    decode_customer,
    decode_lasting,
    lasting_key,
    open_customer,
)
from streams.settings import CoreChoice
from tests.streams.alerting.drawn import cores, deleted, rest, seen, versioned
from tests.streams.alerting.in_parts import (
    CATALOGUE,
    CORES,
    FAILED,
    HANDOFFS,
    JOURNEYS,
    KEPT,
    MANY,
    in_parts_with_an_alert,
    known_of,
    old_form,
    smooth,
)
from tests.streams.alerting.rows import DAY, MINUTE, NOON, handoff, journey, promise, waited
from tests.streams.alerting.world import PARTITIONS, World

customers = st.sampled_from(["C-1", "C-2"])
lately = st.sampled_from([NOON - minutes * MINUTE for minutes in (1, 2, 7, 15, 31, 45, 55)])
LONG_AGO = [f"00000000-0000-5000-9000-{number:012}" for number in range(4)]
"""Handoffs of another time than all others: an id names the two touchpoints, so it tells the time as well."""


def handoffs_at(times: st.SearchStrategy[int], ids: list[str]) -> st.SearchStrategy[HandoffRow]:
    return st.builds(
        handoff,
        at=times,
        customer=customers,
        handoff_id=st.sampled_from(ids),
        journey_id=st.sampled_from(JOURNEYS),
        to_channel=st.sampled_from(["branch", "hotline"]),
        result=st.sampled_from(["smooth", "smooth", "smooth", "pending", "failed"]),
        is_deleted=deleted,
    )


many_handoffs = handoffs_at(lately, HANDOFFS) | handoffs_at(st.just(NOON - 2 * DAY), LONG_AGO)
many_journeys = st.builds(
    journey,
    customer=customers,
    journey_id=st.sampled_from(JOURNEYS),
    intent=st.sampled_from(["transfer", "transfer", "transfer", "loan"]),
    incidents=st.sampled_from([(), (), (), (), ("outage-7",)]),
    care=st.sampled_from([(), (), (), (), ("elderly",)]),
    is_deleted=deleted,
)
few_others = st.builds(
    promise, due_at=st.just(NOON + DAY), customer=customers, journey_id=st.sampled_from(JOURNEYS)
) | st.builds(
    waited,
    seconds=st.sampled_from([30.0, 900.0]),
    at=lately,
    customer=customers,
    journey_id=st.sampled_from(JOURNEYS),
)
any_rows = many_handoffs | many_handoffs | many_journeys | many_journeys | few_others
drawn_rows = st.lists(any_rows, max_size=20) | st.lists(any_rows, min_size=20, max_size=60)


def written(states: Mapping[bytes, bytes], customer: Customer | None) -> dict[bytes, bytes]:
    """The states after the customer has come to be so."""
    left = dict(states)
    for key, value in close_customer("C-1", open_customer("C-1", states.get), customer):
        if value is None:
            del left[key]
        else:
            left[key] = value
    return left


@given(st.lists(st.tuples(drawn_rows, st.booleans()), max_size=6))
def test_in_whatever_parts_a_customer_rests_all_is_known_of_them(steps: list[tuple[list[CustomerRow], bool]]) -> None:
    states: dict[bytes, bytes] = {}
    customer = Customer()
    version = 0
    for rows, forgets in steps:
        stream = [msgspec.structs.replace(row, version=version + number) for number, row in enumerate(rows, 1)]
        version += len(rows)
        customer = take_rows(customer, stream, KEPT, NOON)
        if forgets:
            # As what is too old is: any of it.
            customer = msgspec.structs.replace(
                customer, handoffs=dict(list(customer.handoffs.items())[::2]), journeys={}, promises={}
            )
        states = written(states, None if customer.is_empty else customer)
        known = open_customer("C-1", states.get)
        assert known.customer == customer
        assert close_customer("C-1", known, None if customer.is_empty else customer) == []
        event(f"in two parts: {known.lasting is not None}")
        assert set(states) <= {b"C-1", lasting_key("C-1")}
        if known.value is not None:
            head = decode_customer(known.value)
            quiet = [one for one in head.handoffs.values() if one.result != "failed"]
            assert len(quiet) + len(head.journeys) <= MOST
        if known.lasting is not None:
            assert all(one.result != "failed" for one in known.lasting.handoffs.values())
    assert written(states, None) == {}


@settings(max_examples=150, deadline=None)
@given(drawn=drawn_rows, core=cores, data=st.data())
def test_at_rest_the_alerts_are_those_of_the_rows_and_all_of_them_are_known(
    drawn: list[CustomerRow], core: CoreChoice, data: st.DataObject
) -> None:
    """Whatever the batches, crashes at any step, and what comes again."""
    stream = versioned(drawn)
    world = World(CATALOGUE, NOON, core)
    waiting = list(stream)
    while waiting:
        count = data.draw(st.integers(1, 20), "published")
        for row in waiting[:count]:
            world.publish(row)
        del waiting[:count]
        for topic, partition in world.behind:
            world.steps.left = data.draw(st.none() | st.integers(0, 6), "crash")
            world.take(topic, partition)
            world.steps.left = None
        world.now += data.draw(st.sampled_from([0, 1, 400]), "pause")
    for number in data.draw(st.lists(st.integers(0, 59), max_size=5), "again"):
        if stream:
            world.publish(stream[number % len(stream)])
    rest(world)
    assert seen(world.alerts()) == seen(alerts_at(stream, CATALOGUE, world.now, world.now))
    states = {key: value for number in range(PARTITIONS) for key, value in world.states.partitions[number].items()}
    event(f"in two parts: {any(key.startswith(lasting_key('')) for key in states)}")
    for customer_id in ("C-1", "C-2"):
        own = take_rows(Customer(), [row for row in stream if row.customer_id == customer_id], KEPT, 0)
        known = open_customer(customer_id, states.get).customer
        for facts, of_rows, kept in (
            (known.handoffs, own.handoffs, KEPT.handoffs or 0),
            (known.journeys, own.journeys, KEPT.journeys or 0),
        ):
            young = {key for key, fact in of_rows.items() if fact.at + kept > world.now}
            assert {key: facts[key].version for key in young} == {key: of_rows[key].version for key in young}


@pytest.mark.parametrize("core", CORES)
def test_a_journey_that_goes_on_writes_little_of_a_customer_of_whom_much_is_known(core: CoreChoice) -> None:
    world = World(CATALOGUE, NOON, core)
    rows: list[CustomerRow] = [smooth(number) for number in range(12)]
    rows += [journey("C-1", journey_id=one) for one in JOURNEYS]
    for row in rows:
        world.publish(row)
    rest(world)
    states = next(one for one in world.states.partitions.values() if b"C-1" in one)
    before = dict(states)
    world.publish(journey("C-1", journey_id=JOURNEYS[0], version=2))
    world.settle()
    changed = {key for key in states if states[key] != before.get(key)}
    assert changed == {b"C-1"}
    assert len(states[b"C-1"]) * 4 < len(states[lasting_key("C-1")])


@given(st.lists(many_handoffs | many_journeys, max_size=30), st.lists(many_journeys, min_size=1, max_size=10))
def test_both_cores_come_to_the_same_states(drawn: list[CustomerRow], later: list[JourneyRow]) -> None:
    stream = versioned([*drawn, *later])
    found = []
    for core in CORES:
        world = World(CATALOGUE, NOON, core)
        for rows in (stream[: len(drawn)], stream[len(drawn) :]):
            for row in rows:
                world.publish(row)
            world.settle()
        found.append(
            {
                customer_id: open_customer(customer_id, states.get).customer
                for states in world.states.partitions.values()
                for customer_id in ("C-1", "C-2")
                if customer_id.encode() in states
            }
        )
    assert found[0] == found[1]


@pytest.mark.parametrize("core", CORES)
def test_what_an_earlier_version_wrote_in_one_part_is_known_and_rests_in_two(core: CoreChoice) -> None:
    world = World(CATALOGUE, NOON, core)
    world.publish(journey("C-1"))
    partition = world.behind[0][1]
    world.states.partitions[partition][b"C-1"] = old_form(known_of(*MANY, FAILED))
    world.alerting.recover(range(PARTITIONS))
    rest(world)
    states = world.states.partitions[partition]
    known = open_customer("C-1", states.get)
    assert known.customer.handoffs.keys() == {*HANDOFFS[: MOST + 1], FAILED.handoff_id}
    assert lasting_key("C-1") in states
    assert [row.status for row in world.alerts()] == ["firing"]


@pytest.mark.parametrize("core", CORES)
def test_of_a_customer_without_the_other_part_nothing_is_said_and_all_others_are_judged(
    core: CoreChoice,
) -> None:
    world = World(CATALOGUE, NOON, core)
    for row in MANY:
        world.publish(row)
    world.settle()
    states = next(one for one in world.states.partitions.values() if b"C-1" in one)
    del states[lasting_key("C-1")]
    before = states[b"C-1"]
    world.alerting.recover(range(PARTITIONS))
    for number in range(8):
        world.publish(handoff(NOON - MINUTE, f"D-{number}", version=2))
    world.publish(journey("C-1", version=2))
    world.publish(handoff(NOON - MINUTE, "C-1", version=2, handoff_id=HANDOFFS[9]))
    with capture_logs() as logged:
        rest(world)
    assert {one["event"] for one in logged} == {"alert rules not judged: a defect, please report it"}
    assert (states[b"C-1"], lasting_key("C-1") in states) == (before, False)
    assert {row.customer_id for row in world.alerts() if row.customer_id} == {f"D-{number}" for number in range(8)}


def before_parts() -> msgspec.msgpack.Decoder[Any]:
    """Reads customers as did a version that knew of no parts."""
    fields = [(one.name, one.type, one.default) for one in msgspec.structs.fields(Customer)[:6]]
    return msgspec.msgpack.Decoder(msgspec.defstruct("CustomerBefore", fields, array_like=True))


@pytest.mark.parametrize("core", CORES)
def test_who_knows_of_no_parts_refuses_a_customer_in_two_and_reads_all_others(core: CoreChoice) -> None:
    world, partition = in_parts_with_an_alert(core)
    world.publish(journey("D-1"))
    rest(world)
    with pytest.raises(msgspec.DecodeError):
        before_parts().decode(world.states.partitions[partition][b"C-1"])
    (whole,) = (one[b"D-1"] for one in world.states.partitions.values() if b"D-1" in one)
    assert len(before_parts().decode(whole).journeys) == 1


@pytest.mark.parametrize("core", CORES)
def test_what_was_written_in_two_parts_without_telling_first_is_known_and_then_tells(core: CoreChoice) -> None:
    world, partition = in_parts_with_an_alert(core)
    states = world.states.partitions[partition]
    states[b"C-1"] = states[b"C-1"].removeprefix(IN_PARTS)
    assert len(open_customer("C-1", states.get).customer.handoffs) == len(MANY) + 1
    world.publish(journey("C-1", version=2))
    world.settle()
    assert states[b"C-1"].startswith(IN_PARTS)
    assert len(open_customer("C-1", states.get).customer.handoffs) == len(MANY) + 1


def test_a_state_without_its_other_part_is_told_of() -> None:
    states = written({}, known_of(*MANY))
    del states[lasting_key("C-1")]
    with pytest.raises(LastingPartMissing, match="C-1: the state table lacks the part"):
        open_customer("C-1", states.get)
    assert recall(states, CATALOGUE, NOON).counts == {}


def test_a_customer_of_whom_little_is_known_has_one_key() -> None:
    assert set(written({}, known_of(*MANY[:MOST]))) == {b"C-1"}
    parted = written({}, known_of(*MANY))
    assert set(parted) == {b"C-1", lasting_key("C-1")}
    assert decode_lasting(parted[lasting_key("C-1")]).handoffs.keys() == set(HANDOFFS[: MOST + 1])
    assert set(written(parted, known_of(*MANY[:MOST]))) == {b"C-1"}


def test_of_whom_nothing_is_known_nothing_is_written() -> None:
    assert close_customer("C-1", Known(Customer()), None) == []
