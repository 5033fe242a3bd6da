"""Whether ClickHouse shows at rest what the published records lead to, and each record has exactly one fate. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from schemas.catalogue import Catalogue
from schemas.decode import Decoder
from schemas.refusal import Refusal
from schemas.rows import DeadLetter, TouchpointRow
from schemas.touchpoint import Origin, Touchpoint
from sinks.port import Row, Table
from streams.agents.letters import dead_letter
from streams.identity.resolve import learn_links, resolve
from streams.journey import stitch

SHOWN = 5
"""Examples of each kind of difference."""
AFTER_STITCHING = ("conflict", "too_late")
"""Reasons of dead letters that depend on the order of arrival and on the clock, which no pure function knows."""

Tables = Mapping[Table, Sequence[Any]]
Owned = Sequence[tuple[str, Touchpoint]]
"""Touchpoints, each after its customer."""


@dataclass(frozen=True, slots=True)
class Received:
    """A record as an input topic holds it; `received_at` is the broker's time in ms."""

    origin: Origin
    channel: str
    received_at: int
    key: bytes | None
    payload: bytes


def differences(received: Sequence[Received], tables: Tables, catalogue: Catalogue, now: int) -> list[str]:
    """What is wrong with `tables`, as `FINAL` shows them, at `now` (ms); empty if nothing is."""
    decoder = Decoder(catalogue.channels)
    decoded = [decoder.decode(one.payload, one.channel, one.received_at) for one in received]
    letters: dict[str, DeadLetter] = {letter.dead_letter_id: letter for letter in tables["dead_letters"]}
    late = {letter_id for letter_id, letter in letters.items() if letter.reason in AFTER_STITCHING}
    accepted = [
        touchpoint
        for one, touchpoint in zip(received, decoded, strict=True)
        if isinstance(touchpoint, Touchpoint) and str(one.origin) not in late
    ]
    # What ends as a dead letter later on has told whose its identities are as well.
    links = learn_links(one for one in decoded if isinstance(one, Touchpoint))
    refused = {
        str(one.origin): _letter(one, refusal)
        for one, refusal in zip(received, decoded, strict=True)
        if isinstance(refusal, Refusal)
    }
    return [
        *_misjudged(received, decoded, letters, refused, tables["touchpoints"], catalogue, now),
        *_wrong_rows([(resolve(one, links), one) for one in accepted], tables, catalogue, now),
        *_wrong_fates(received, tables),
    ]


def _letter(record: Received, refusal: Refusal) -> DeadLetter:
    _, value = dead_letter(
        record.origin, record.received_at, record.key, record.payload, refusal.reason, refusal.errors
    )
    return msgspec.json.decode(value, type=DeadLetter)


def _misjudged(
    received: Sequence[Received],
    decoded: Sequence[Touchpoint | Refusal],
    letters: Mapping[str, DeadLetter],
    refused: Mapping[str, DeadLetter],
    stored: Sequence[TouchpointRow],
    catalogue: Catalogue,
    now: int,
) -> Iterator[str]:
    """Dead letters that should not be, are missing, or say something else."""
    early = {letter_id: letter for letter_id, letter in letters.items() if letter.reason not in AFTER_STITCHING}
    yield from _compare("dead_letters", early, refused)
    contents = {(row.touchpoint.channel, row.touchpoint.event_id): row.touchpoint for row in stored}
    for one, touchpoint in zip(received, decoded, strict=True):
        letter = letters.get(str(one.origin))
        if letter is None or letter.reason not in AFTER_STITCHING:
            continue
        if isinstance(touchpoint, Refusal):
            yield f"dead_letters: {one.origin} is {letter.reason}, though ingest had to refuse it"
        elif letter.reason == "too_late" and touchpoint.occurred_at >= now - (catalogue.horizon or 0):
            yield f"dead_letters: {one.origin} is too_late, though within the horizon"
        elif letter.reason == "conflict":
            rival = contents.get((touchpoint.channel, touchpoint.event_id))
            if rival is None or rival == touchpoint:
                yield f"dead_letters: {one.origin} is a conflict, with {rival}"


def _wrong_rows(owned: Owned, tables: Tables, catalogue: Catalogue, now: int) -> Iterator[str]:
    """Rows that are not those of the pure function."""
    stitched = stitch(owned, catalogue, now)
    contents = {(owner, one.channel, one.event_id): one for owner, one in owned}
    wanted_touchpoints = {
        key: (contents[key], place.journey_id)
        for place in stitched.assignment
        for key in [(place.customer_id, place.channel, place.event_id)]
    }
    shown_touchpoints = {
        (row.customer_id, row.touchpoint.channel, row.touchpoint.event_id): (row.touchpoint, row.journey_id)
        for row in tables["touchpoints"]
    }
    yield from _compare("touchpoints", shown_touchpoints, wanted_touchpoints)
    names = Counter((row.touchpoint.channel, row.touchpoint.event_id) for row in tables["touchpoints"])
    yield from _some("touchpoints: twice", [str(name) for name, count in names.items() if count > 1])
    wanted: tuple[tuple[Table, str, Sequence[Row]], ...] = (
        ("journeys", "journey_id", stitched.journeys),
        ("handoffs", "handoff_id", stitched.handoffs),
        ("promises", "promise_id", stitched.promises),
    )
    for table, name, rows in wanted:
        yield from _compare(table, _keyed(tables[table], name), _keyed(rows, name))


def _wrong_fates(received: Sequence[Received], tables: Tables) -> Iterator[str]:
    """Records without a fate or with several, and fates of records that never were."""
    fates: defaultdict[str, list[str]] = defaultdict(list)
    for row in tables["touchpoints"]:
        fates[str(row.origin)].append("stored")
    for row in tables["duplicates"]:
        fates[str(row.origin)].append("duplicate")
    for row in tables["dead_letters"]:
        fates[row.dead_letter_id].append(f"dead ({row.reason})")
    origins = {str(one.origin) for one in received}
    yield from _some("fates: none", list(origins - fates.keys()))
    yield from _some("fates: of records that never were", list(fates.keys() - origins))
    several = [f"{origin}: {' and '.join(each)}" for origin, each in fates.items() if len(each) > 1]
    yield from _some("fates: several", several)


def _keyed(rows: Iterable[Any], name: str) -> dict[Hashable, Any]:
    return {(row.customer_id, getattr(row, name)): msgspec.structs.replace(row, version=0) for row in rows}


def _compare(table: str, shown: Mapping[Any, Any], wanted: Mapping[Any, Any]) -> Iterator[str]:
    yield from _some(f"{table}: missing", [f"{key}: {wanted[key]}" for key in wanted.keys() - shown.keys()])
    yield from _some(f"{table}: not wanted", [f"{key}: {shown[key]}" for key in shown.keys() - wanted.keys()])
    other = [key for key in wanted.keys() & shown.keys() if wanted[key] != shown[key]]
    yield from _some(f"{table}: different", [f"{key}: {shown[key]}\n      wanted {wanted[key]}" for key in other])


def _some(what: str, examples: Sequence[str]) -> Iterator[str]:
    if examples:
        yield "\n    ".join([f"{what}: {len(examples)}", *sorted(examples)[:SHOWN]])
