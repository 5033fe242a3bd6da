"""The reference itself is judged by the specification's worked cases."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from schemas.catalogue import Catalogue, IntentRules
from schemas.decode import Decoder
from schemas.topics import BUILT_IN_CHANNELS
from schemas.touchpoint import Touchpoint
from tests.reference.stitching import stitch_by_the_book
from tests.schemas.examples import to_json, utc_milliseconds

CASES = sorted((Path(__file__).parents[3] / "shared" / "golden").glob("*.json"))

Json = dict[str, Any]


def catalogue_of(intents: dict[str, Json]) -> Catalogue:
    return Catalogue(
        rules={
            name: IntentRules(
                inactivity=rules["inactivity_ms"],
                handoff_window=rules["handoff_window_ms"],
                wait_standards=rules["wait_standard"],
            )
            for name, rules in intents.items()
        }
    )


def customers_of(case: Json) -> dict[str, list[Touchpoint]]:
    """The touchpoints of each customer, as the case's own assignment resolves them."""
    decoder = Decoder(BUILT_IN_CHANNELS)
    owners = {(each["channel"], each["event_id"]): each["customer_id"] for each in case["expect"]["assignment"]}
    found: dict[str, dict[tuple[str, str], Touchpoint]] = {}
    for given in case["touchpoints"]:
        touchpoint = decoder.decode(to_json(given), given["channel"], utc_milliseconds(case["now"]))
        assert isinstance(touchpoint, Touchpoint), touchpoint
        name = (touchpoint.channel, touchpoint.event_id)
        found.setdefault(owners[name], {}).setdefault(name, touchpoint)
    return {customer_id: list(touchpoints.values()) for customer_id, touchpoints in found.items()}


def told(row: Json, columns: Iterable[str]) -> Json:
    """The `columns` of a row as the cases write them: of contradictions the keys, in order."""
    as_json = {column: list(row[column]) if isinstance(row[column], tuple) else row[column] for column in columns}
    if "contradictions" in as_json:
        as_json["contradictions"] = sorted(as_json["contradictions"])
    return as_json


@pytest.mark.skipif(not CASES, reason="the worked cases are not here: ../shared/golden")
def test_the_reference_gives_the_rows_of_every_worked_case() -> None:
    for path in CASES:
        case = json.loads(path.read_text(encoding="utf-8"))
        catalogue, now = catalogue_of(case["intents"]), utc_milliseconds(case["now"])
        customers = customers_of(case)
        stitched = [stitch_by_the_book(name, customers[name], catalogue, now) for name in customers]
        for table, key in (("journeys", "journey_id"), ("handoffs", "handoff_id"), ("promises", "promise_id")):
            rows = {id_: row for each in stitched for id_, row in getattr(each, table).items()}
            expected = {row[key]: row for row in case["expect"][table]}
            assert {id_: told(row, expected.get(id_, row)) for id_, row in rows.items()} == expected, path.name
        assignment = {name: journey for each in stitched for name, journey in each.assignment.items()}
        wanted = {(each["channel"], each["event_id"]): each["journey_id"] for each in case["expect"]["assignment"]}
        assert assignment == wanted, path.name
