"""Who is forgotten leaves nothing of what alerting knew, in whatever parts that rests, damaged or not."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from schemas.topics import Topics
from streams.alerting.resting import decode_customer, lasting_key
from streams.settings import CoreChoice
from tests.streams.alerting.in_parts import CATALOGUE, CORES, MANY, in_parts_with_an_alert, old_form
from tests.streams.alerting.rows import NOON
from tests.streams.alerting.world import PARTITIONS, World


@pytest.mark.parametrize("core", CORES)
def test_who_is_forgotten_leaves_neither_part(core: CoreChoice) -> None:
    world = World(CATALOGUE, NOON, core)
    for row in MANY:
        world.publish(row)
    world.settle()
    partition = next(number for number, one in world.states.partitions.items() if lasting_key("C-1") in one)
    forget(world, partition)
    assert not [key for key in world.states.partitions[partition] if b"C-1" in key]


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("damage", [None, b"\xc1 junk"])
def test_who_is_forgotten_leaves_nothing_though_the_other_part_cannot_be_read(
    damage: bytes | None, core: CoreChoice
) -> None:
    world, partition = in_parts_with_an_alert(core)
    states = world.states.partitions[partition]
    del states[lasting_key("C-1")]
    if damage is not None:
        states[lasting_key("C-1")] = damage
    world.alerting.recover(range(PARTITIONS))
    forget(world, partition)
    assert not [key for key in states if b"C-1" in key]
    assert [row.status for row in world.alerts()] == []
    assert world.alerting.memories[partition].counts == {}


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("damage", [lambda _: b"\xc1 junk", lambda value: re.sub(rb"[a-z]{4}", b"\xff" * 4, value)])
def test_who_is_forgotten_leaves_nothing_though_all_of_it_cannot_be_read(
    damage: Callable[[bytes], bytes], core: CoreChoice
) -> None:
    world, partition = in_parts_with_an_alert(core)
    states = world.states.partitions[partition]
    states[b"C-1"] = damage(states[b"C-1"])
    world.alerting.recover(range(PARTITIONS))
    with capture_logs() as logged:
        forget(world, partition)
    assert not [key for key in states if b"C-1" in key]
    assert "C-1" not in str(logged)
    assert any("could not be read" in one["event"] for one in logged)


def test_who_is_forgotten_leaves_no_part_of_which_an_earlier_version_knew_nothing() -> None:
    world, partition = in_parts_with_an_alert("auto")
    states = world.states.partitions[partition]
    states[b"C-1"] = old_form(decode_customer(states[b"C-1"]))
    forget(world, partition)
    assert not [key for key in states if b"C-1" in key]


def forget(world: World, partition: int) -> None:
    world.logs[Topics().alerting, partition].append((b"C-1", None))
    world.settle()
