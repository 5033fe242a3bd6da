"""The compiled core takes in what asks for no judgement, and comes to what a judgement would come to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from schemas.catalogue import Catalogue
from schemas.rows import HandoffRow, JourneyRow, TouchpointRow
from schemas.topics import Topics
from streams.agents.alert_quiet import Sifted, sift
from streams.agents.alert_reading import read_records
from streams.alerting.advance import AdvancedCustomer, advance_customer
from streams.alerting.facts import Customer, CustomerRow, kept_by, leaves_at, prune
from streams.alerting.observations import handoffs_counted
from streams.alerting.resting import LASTING_PREFIX, Known, close_customer, open_customer
from streams.batching import Batch
from streams.compiled import compiled_quiet
from tests.streams.alerting.drawn import (
    IDS,
    OTHER_JOURNEY,
    deleted,
    handoffs,
    journeys,
    promises,
    recent,
    versioned,
    waits,
)
from tests.streams.alerting.rows import DAY, HOUR, JOURNEY, MINUTE, NOON, RULES, handoff, journey, rules, waited
from tests.streams.alerting.world import FakeRecord

pytest.importorskip("streams._core", reason="no compiled core: make .venv/.dev builds it where cargo is")

TOPICS = Topics()
CATALOGUES = [
    rules(),
    rules(RULES.replace("  maintenance:\n", "  maintenance: []\n").replace("    - {name: release", "#")),
]
OTHERS = ("C-1", "anon:device:d")

quiet_handoffs = st.builds(
    handoff,
    at=recent | st.sampled_from([NOON - 2 * DAY, NOON + HOUR]),
    handoff_id=st.sampled_from(IDS),
    journey_id=st.sampled_from([JOURNEY, OTHER_JOURNEY]),
    to_channel=st.sampled_from(["branch", "hotline", "支行", 'a "branch"']),
    result=st.sampled_from(["smooth", "smooth", "smooth", "pending", "failed"]),
    failures=st.sampled_from([(), ("lost",)]),
    arrived_at=st.sampled_from([None, NOON - MINUTE]),
    due_at=st.sampled_from([None, 0, NOON + MINUTE]),
    gap_seconds=st.sampled_from([None, 1.5]),
    contradictions=st.sampled_from([{}, {"branch": "a → b"}]),
    care=st.sampled_from([(), ("elderly", "disabled")]),
    is_deleted=deleted,
)


def advanced(customer_id: str, known: Customer, rows: Sequence[CustomerRow], by: Catalogue) -> AdvancedCustomer:
    return advance_customer(customer_id, known, rows, by, kept_by(by.alerts), NOON, NOON)


def sifted(
    rows: Sequence[CustomerRow], states: dict[bytes, bytes], catalogue: Catalogue = CATALOGUES[0], now: int = NOON
) -> Sifted:
    topic = TOPICS.journeys if isinstance(rows[0], JourneyRow) else TOPICS.handoffs
    return sift_values(topic, [msgspec.json.encode(row) for row in rows], states, catalogue, now)


def sift_values(
    topic: str,
    values: Sequence[bytes | None],
    states: dict[bytes, bytes],
    catalogue: Catalogue = CATALOGUES[0],
    now: int = NOON,
    held: frozenset[str] = frozenset(),
) -> Sifted:
    records = [FakeRecord(offset, b"", value) for offset, value in enumerate(values)]
    quiet = compiled_quiet(catalogue)
    assert quiet is not None
    return sift(quiet, Batch(topic, 0, records, len(records)), TOPICS, set(held), states, now)


@settings(max_examples=400)
@given(
    drawn=st.lists(journeys | quiet_handoffs | handoffs | promises | waits, max_size=6),
    later=st.lists(journeys, min_size=1, max_size=4) | st.lists(quiet_handoffs, min_size=1, max_size=4),
    customers=st.lists(st.sampled_from(OTHERS), min_size=4, max_size=4),
    pause=st.sampled_from([0, 1, 1_001, MINUTE]),
    catalogue=st.sampled_from(CATALOGUES),
)
def test_what_the_core_takes_in_is_what_a_judgement_comes_to(
    drawn: list[CustomerRow],
    later: list[JourneyRow] | list[HandoffRow],
    customers: list[str],
    pause: int,
    catalogue: Catalogue,
) -> None:
    stream = versioned([*drawn, *later])
    stream[len(drawn) :] = [
        msgspec.structs.replace(row, customer_id=one) for row, one in zip(stream[len(drawn) :], customers, strict=False)
    ]
    now, kept = NOON + pause, kept_by(catalogue.alerts)
    states: dict[bytes, bytes] = {}
    for one in OTHERS:
        first = advanced(one, Customer(), stream[: len(drawn)], catalogue)
        assume(first.due_at is None or first.due_at > now)
        if first.state is not None:
            states |= {key: value or b"" for key, value in close_customer(one, Known(Customer()), first.state)}
    rows = stream[len(drawn) :]
    result = sifted(rows, states, catalogue, now)
    assert result.taken is not None
    left = {rows[place].customer_id for place, _ in result.taken.left}
    event(f"left: {sorted({why for _, why in result.taken.left})}")
    written = {key: value for group in result.taken.writes for key, value in group}
    changes: defaultdict[object, list[int]] = defaultdict(lambda: [0, 0])
    for customer_id in {row.customer_id for row in rows} - left:
        known = open_customer(customer_id, states.get)
        own = [row for row in rows if row.customer_id == customer_id]
        judged = advance_customer(customer_id, known.customer, own, catalogue, kept, now, NOON)
        assert judged.rows == []
        after = open_customer(customer_id, (states | written).get)
        assert close_customer(customer_id, after, after.customer) == []
        assert prune(after.customer, kept, now) == (judged.state or Customer())
        assert result.taken.due.get(customer_id) == (leaves_at(after.customer, kept) if known.value is None else None)
        for cell, count in judged.changes.items():
            changes[cell][0] += count.n
            changes[cell][1] += count.failed
    counted = {cell: list(count) for cell, count in handoffs_counted(result.counted, catalogue).items() if any(count)}
    assert counted == {cell: count for cell, count in changes.items() if any(count)}
    assert {key.removeprefix(LASTING_PREFIX).decode() for key in written} <= {row.customer_id for row in rows} - left


def reasons(sifted: Sifted) -> list[str]:
    assert sifted.taken is not None
    return [why for _, why in sifted.taken.left]


def test_whose_time_has_come_is_left_with_all_rows() -> None:
    rows = [msgspec.json.encode(journey(one)) for one in ("C-1", "C-2", "C-1")]
    result = sift_values(TOPICS.journeys, rows, {}, held=frozenset({"C-1"}))
    assert ([record.offset for record in result.left], reasons(result)) == ([0, 2], ["due", "due"])
    assert result.taken is not None
    assert list(result.taken.due) == ["C-2"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"{}",
        b"[" * 100_000,
        msgspec.json.encode(handoff(NOON)).replace(b'"failed"', b'"rough"'),
        msgspec.json.encode(handoff(NOON)).replace(b'"gap_seconds":3600.0', b'"gap_seconds":"long"'),
        msgspec.json.encode(handoff(NOON)).replace(b'"wait_seconds":0.0,', b""),
        msgspec.json.encode(handoff(NOON, wait_seconds=1e-7)),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_batch_with_a_row_that_the_core_cannot_read_is_left_as_a_whole(value: bytes | None) -> None:
    smooth = msgspec.json.encode(handoff(NOON, "C-2", result="smooth"))
    result = sift_values(TOPICS.handoffs, [smooth, value], {})
    assert [record.value for record in result.left] == [smooth, value]


def test_a_state_of_another_form_is_left() -> None:
    states = {b"C-1": msgspec.msgpack.encode([{}, {}, {}, {}, {}])}
    assert reasons(sifted([journey()], states)) == ["the form of another version"]


@given(st.lists(waits | st.builds(waited, seconds=st.none(), at=recent, is_deleted=deleted), max_size=5))
def test_of_touchpoints_those_are_left_that_tell_of_a_wait(rows: list[TouchpointRow]) -> None:
    values = [*map(msgspec.msgpack.encode, rows), b"", b"\x97"]
    records = [FakeRecord(offset, b"", value) for offset, value in enumerate(values)]
    left = sift_values(TOPICS.stitched, values, {}).left
    assert read_records(TOPICS.stitched, left, TOPICS) == read_records(TOPICS.stitched, records, TOPICS)
    told = [row for row in rows if row.touchpoint.wait_seconds is not None or row.is_deleted]
    assert len(left) == len(told) + 2
