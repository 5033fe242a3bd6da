"""The examples of docs/contract.md are what the contract takes; its programs are run in test_live.py."""

from __future__ import annotations

import json

from schemas.cloudevents import open_event
from schemas.decode import check
from schemas.topics import BUILT_IN_CHANNELS
from schemas.touchpoint import Touchpoint
from streams.registry import RegistrySettings
from tests.omnitrack.contract.guide import GUIDE, example

LATER = 2_000_000_000_000


def test_the_touchpoint_is_valid() -> None:
    assert isinstance(check(example("touchpoint").encode(), BUILT_IN_CHANNELS, LATER), Touchpoint)


def test_the_event_carries_a_valid_touchpoint() -> None:
    opened = open_event([("content-type", b"application/cloudevents+json")], example("event").encode())
    assert isinstance(opened, bytes)
    assert isinstance(check(opened, BUILT_IN_CHANNELS, LATER), Touchpoint)
    assert json.loads(opened)["event_id"] != json.loads(example("event"))["id"]


def test_the_settings_it_names_are_there() -> None:
    for name in ("", "_user", "_password_file"):
        assert f"schema_registry{name}" in RegistrySettings.model_fields
        assert f"OMNITRACK_SCHEMA_REGISTRY{name.upper()}=" in GUIDE.read_text()
