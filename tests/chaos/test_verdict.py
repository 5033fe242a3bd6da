"""The judge finds nothing wrong with what the pure function gives, and finds whatever is planted."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from schemas.catalogue import Catalogue
from schemas.decode import Decoder
from schemas.refusal import Refusal
from schemas.rows import DeadLetter, DuplicateRow, TouchpointRow
from schemas.touchpoint import Arrival, Origin
from streams.agents.letters import conflict, dead_letter, too_late
from streams.identity import resolve_all
from streams.journey import stitch
from tests.chaos.load import deliveries
from tests.chaos.verdict import Received, differences

CATALOGUE = Catalogue()
NOW = time.time_ns() // 1_000_000

Rows = dict[Any, list[Any]]


def received() -> list[Received]:
    played = deliveries(7, 1_000, CATALOGUE, NOW)
    return [
        Received(Origin(f"t.{one.channel}", 0, offset), one.channel, NOW, one.key, one.payload)
        for offset, one in enumerate(played)
    ]


def at_rest(records: list[Received]) -> Rows:
    """The tables that the records lead to; the horizon's and the conflicts' letters included."""
    decoder = Decoder(CATALOGUE.channels)
    tables: Rows = {"touchpoints": [], "duplicates": [], "dead_letters": []}
    first: dict[tuple[str, str], tuple[Received, Any]] = {}
    for one in records:
        judged = decoder.decode(one.payload, one.channel, one.received_at)
        if isinstance(judged, Refusal):
            letter = dead_letter(one.origin, NOW, one.key, one.payload, judged.reason, judged.errors)
            tables["dead_letters"].append(_letter(letter))
            continue
        arrival = Arrival(judged, one.origin, NOW, one.key, one.payload)
        name = (judged.channel, judged.event_id)
        if judged.occurred_at < NOW - (CATALOGUE.horizon or 0):
            tables["dead_letters"].append(_letter(too_late(arrival)))
        elif name not in first:
            first[name] = (one, judged)
        elif first[name][1] == judged:
            tables["duplicates"].append(DuplicateRow(one.origin, "c", *name, NOW))
        else:
            tables["dead_letters"].append(_letter(conflict(arrival)))
    owned = list(resolve_all([touchpoint for _, touchpoint in first.values()]))
    stitched = stitch(owned, CATALOGUE, NOW)
    journeys = {(each.channel, each.event_id): each.journey_id for each in stitched.assignment}
    for owner, touchpoint in owned:
        name = (touchpoint.channel, touchpoint.event_id)
        origin = first[name][0].origin
        tables["touchpoints"].append(TouchpointRow(owner, touchpoint, journeys[name], NOW, origin, 3))
    rows: Rows = {
        "journeys": stitched.journeys,
        "handoffs": stitched.handoffs,
        "promises": stitched.promises,
    }
    return tables | {table: [msgspec.structs.replace(row, version=3) for row in each] for table, each in rows.items()}


def _letter(record: tuple[bytes | None, bytes]) -> DeadLetter:
    return msgspec.json.decode(record[1], type=DeadLetter)


RECORDS = received()


def test_what_the_pure_function_gives_is_right() -> None:
    tables = at_rest(RECORDS)
    assert all(tables.values()), "the load has something for every table"
    assert {letter.reason for letter in tables["dead_letters"]} >= {"conflict", "schema"}
    assert differences(RECORDS, tables, CATALOGUE, NOW) == []


def drop(table: str) -> Callable[[Rows], None]:
    return lambda tables: tables[table].remove(tables[table][0])


def repeat_elsewhere(tables: Rows) -> None:
    """A touchpoint that moved, and stayed as well."""
    tables["touchpoints"].append(msgspec.structs.replace(tables["touchpoints"][0], customer_id="anon:device:d"))


def change(table: str, **fields: Any) -> Callable[[Rows], None]:
    def plant(tables: Rows) -> None:
        tables[table][0] = msgspec.structs.replace(tables[table][0], **fields)

    return plant


def letter_twice(tables: Rows) -> None:
    """A stored touchpoint that is said to be a conflict as well."""
    row = tables["touchpoints"][0]
    arrival = Arrival(row.touchpoint, row.origin, NOW, None, b"")
    tables["dead_letters"].append(_letter(conflict(arrival)))


@pytest.mark.parametrize(
    ("plant", "found"),
    [
        (drop("touchpoints"), "touchpoints: missing: 1"),
        (drop("journeys"), "journeys: missing: 1"),
        (drop("handoffs"), "handoffs: missing: 1"),
        (drop("promises"), "promises: missing: 1"),
        (drop("dead_letters"), "dead_letters: missing: 1"),
        (drop("duplicates"), "fates: none: 1"),
        (repeat_elsewhere, "touchpoints: twice: 1"),
        (repeat_elsewhere, "fates: several: 1"),
        (change("touchpoints", journey_id="j"), "touchpoints: different: 1"),
        (change("journeys", reopened=9), "journeys: different: 1"),
        (change("handoffs", result="pending"), "handoffs: different: 1"),
        (change("promises", status="kept_late"), "promises: different: 1"),
        (change("dead_letters", payload=""), "dead_letters: different: 1"),
        (change("duplicates", origin=Origin("t.atm", 0, 9_999)), "fates: of records that never were: 1"),
        (letter_twice, "is a conflict, with"),
        (letter_twice, "fates: several: 1"),
    ],
)
def test_what_is_planted_is_found(plant: Callable[[Rows], None], found: str) -> None:
    tables = at_rest(RECORDS)
    plant(tables)
    assert any(found in difference for difference in differences(RECORDS, tables, CATALOGUE, NOW))
