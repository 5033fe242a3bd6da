"""What alerting noted before it spoke cannot be read: that is told, and all go on."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from streams.alerting.announced import announced_keys
from streams.settings import CoreChoice
from tests.streams.alerting.in_parts import CATALOGUE, CORES, FAILED
from tests.streams.alerting.rows import NOON
from tests.streams.alerting.world import PARTITIONS, TOPICS, World


@pytest.mark.parametrize("core", CORES)
def test_what_was_about_to_be_said_is_told_of_and_taken_away(core: CoreChoice) -> None:
    world = World(CATALOGUE, NOON, core)
    keys = [f"\0announced:{topic}:0".encode() for topic in TOPICS.stitched_rows]
    for partition in range(PARTITIONS):
        for key in keys:
            world.states.partitions[partition][key] = b"\xc1 junk"
    world.alerting.recover(range(PARTITIONS))
    with capture_logs() as logged:
        world.publish(FAILED)
        world.settle()
    assert any("cannot be read" in one["event"] for one in logged)
    assert [] in [list(announced_keys(state, TOPICS.handoffs)) for state in world.states.partitions.values()]
