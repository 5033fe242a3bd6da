"""The specification's worked cases are made of touchpoints that hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schemas.decode import Decoder
from schemas.topics import BUILT_IN_CHANNELS
from schemas.touchpoint import Touchpoint
from tests.schemas.examples import to_json, utc_milliseconds

CASES = sorted((Path(__file__).parents[3] / "shared" / "golden").glob("*.json"))


@pytest.mark.skipif(not CASES, reason="the worked cases are not here: ../shared/golden")
def test_every_touchpoint_is_taken() -> None:
    decoder = Decoder(BUILT_IN_CHANNELS)
    for path in CASES:
        case = json.loads(path.read_text(encoding="utf-8"))
        for touchpoint in case["touchpoints"]:
            decoded = decoder.decode(to_json(touchpoint), touchpoint["channel"], utc_milliseconds(case["now"]))
            assert isinstance(decoded, Touchpoint), f"{path.name}, {touchpoint['event_id']}: {decoded}"
