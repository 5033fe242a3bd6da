"""Whatever the order, the pace of each partition, and the crashes: a touchpoint ends up with whom the links tell."""

from __future__ import annotations

from hypothesis import settings

from tests.streams.identity.machines import Conflicts, Identities

TestIdentities = Identities.TestCase
TestIdentities.settings = settings(stateful_step_count=40)
TestConflicts = Conflicts.TestCase
TestConflicts.settings = settings(stateful_step_count=40)
