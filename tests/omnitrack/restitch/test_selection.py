"""Whom a restitching takes: customers and dead letters on the real engine."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_driver import Client
from msgspec.structs import replace

from omnitrack.restitch import selection
from omnitrack.restitch.letters import Letters
from omnitrack.restitch.selection import EVERYBODY, Listed, Received, Selection, chunks, count_customers
from omnitrack.restitch.stored import read_customers
from schemas.rows import DeadLetter
from schemas.topics import Topics
from schemas.touchpoint import Touchpoint
from sinks.clickhouse.client import connected
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.writer import Writer
from streams.pseudonym import Pseudonyms
from tests.sinks.rows import NOON, entry, promise_row, touchpoint_row
from tests.streams.journey.cases import DAY
from tests.streams.worker import touchpoint

TOPICS = Topics()
LONG_AGO = "2026-01-01T00:00:00Z"
HORIZON = 45 * DAY


class Store:
    """A real ClickHouse to write to and to read from."""

    def __init__(self, settings: ClickHouseSettings, client: Client) -> None:
        self.client = client
        self._writer = Writer(settings)

    def touchpoint(self, number: int, customer_id: str, **changes: object) -> None:
        row = touchpoint_row(number)
        identities: dict[str, str] = {} if customer_id.startswith("anon:") else {"customer_no": customer_id}
        fields = {"identities": identities, "session_id": None} | changes
        received_at = int(str(fields.pop("received_at", NOON)))
        changed: Touchpoint = replace(row.touchpoint, **fields)
        stored = replace(row, customer_id=customer_id, touchpoint=changed, received_at=received_at)
        self._writer.write("touchpoints", [entry(stored)])

    def letter(self, offset: int, record: bytes, reason: str = "too_late", **changes: int) -> None:
        topic = TOPICS.touchpoints("wechat")
        payload = b64encode(record).decode()
        name = f"{topic}:0:{offset}"
        row = DeadLetter(name, topic, 0, offset, None, NOON, reason, ("too late",), payload, version=8)  # type: ignore[arg-type]
        self._writer.write("dead_letters", [entry(replace(row, **changes))])

    def letters(self, pseudonyms: Pseudonyms | None = None) -> Letters:
        return Letters(self.client, TOPICS, HORIZON, NOON, pseudonyms)

    def selected(self, chosen: Selection) -> list[list[str]]:
        return list(chunks(self.client, chosen, self.letters()))


@pytest.fixture
def store(clickhouse: ClickHouseSettings) -> Iterator[Store]:
    with connected(clickhouse) as client:
        yield Store(clickhouse, client)


def late(event_id: str, customer: str = "C-1", **changes: Any) -> bytes:
    return touchpoint(event_id, customer, LONG_AGO, **changes)


def test_everybody_is_whoever_has_a_touchpoint_or_a_letter_once_and_in_order(store: Store) -> None:
    for number, customer_id in enumerate(("C-2", "C-1", "anon:phone:电话", "C-1")):
        store.touchpoint(number, customer_id)
    store.letter(1, late("1", "C-3"))
    store.letter(2, late("2", "C-1"))
    assert store.selected(EVERYBODY) == [["C-1", "C-2", "C-3", "anon:phone:电话"]]
    assert count_customers(store.client, EVERYBODY) == 3


def test_a_period_takes_whoever_was_heard_of_in_it_with_all_that_is_theirs(store: Store) -> None:
    store.touchpoint(1, "C-1", received_at=NOON - 1)
    store.touchpoint(2, "C-2", received_at=NOON)
    store.touchpoint(3, "C-3", received_at=NOON + 10)
    store.letter(1, late("1", "C-4"), received_at=NOON + 5)
    store.letter(2, late("2", "C-4"), received_at=NOON - 50)
    store.letter(3, late("3", "C-5"), received_at=NOON - 50)
    assert store.selected(Received(NOON, NOON + 10)) == [["C-2", "C-4"]]
    assert [arrival.touchpoint.event_id for arrival in store.letters().of(["C-4"])["C-4"]] == ["2", "1"]


def test_listed_customers_are_taken_whether_anything_is_stored_or_not(store: Store) -> None:
    store.touchpoint(1, "C-1")
    assert store.selected(Listed(("nobody", "C-1", "nobody"))) == [["C-1", "nobody"]]
    known, unknown = read_customers(store.client, ["C-1", "nobody"])
    assert (len(known.touchpoints), known.version) == (1, 1)
    assert (unknown.touchpoints, unknown.version) == ([], 0)


def test_chunks_are_bounded_by_customers_and_by_rows(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(12):
        store.touchpoint(number, "C-large" if number < 8 else f"C-{number}")
    monkeypatch.setattr(selection, "MOST_CUSTOMERS", 3)
    assert store.selected(EVERYBODY) == [["C-10", "C-11", "C-8"], ["C-9", "C-large"]]
    monkeypatch.setattr(selection, "MOST_ROWS", 4)
    assert store.selected(EVERYBODY) == [["C-10", "C-11", "C-8"], ["C-9"], ["C-large"]]
    monkeypatch.setattr(selection, "PAGE", 2)
    assert store.selected(EVERYBODY) == [["C-10", "C-11"], ["C-8", "C-9"], ["C-large"]]


def test_the_version_read_counts_tombstones_too(store: Store, clickhouse: ClickHouseSettings) -> None:
    store.touchpoint(1, "C-1")
    row = replace(touchpoint_row(1), customer_id="C-1", version=9, is_deleted=1)
    Writer(clickhouse).write("touchpoints", [entry(row)])
    (customer,) = read_customers(store.client, ["C-1"])
    assert (customer.touchpoints, customer.version) == ([], 9)


def test_all_rows_of_a_customer_are_read(store: Store, clickhouse: ClickHouseSettings) -> None:
    Writer(clickhouse).write("promises", [entry(promise_row("C-1")), entry(promise_row("C-2"))])
    (customer,) = read_customers(store.client, ["C-1"])
    assert customer.promises == [promise_row("C-1")]


def test_a_letter_belongs_to_whom_its_links_tell(store: Store) -> None:
    store.touchpoint(1, "C-1", identities={"customer_no": "C-1", "device": "d-1", "card": "c-1"})
    store.touchpoint(2, "C-2", identities={"customer_no": "C-2", "device": "d-2", "card": "c-1"})
    store.touchpoint(3, "C-2", channel="wechat", session_id="s-2")
    store.touchpoint(4, "anon:device:d-9", identities={"device": "d-9"})
    store.letter(1, late("own", "C-7", identities={"customer_no": "C-7", "phone": "p-7"}))
    store.letter(2, late("device", identities={"device": "d-1"}))
    store.letter(3, late("shared card", identities={"card": "c-1"}))
    store.letter(4, late("session", identities={}, session_id="s-2"))
    store.letter(5, late("unlinked", identities={"device": "d-9"}))
    store.letter(6, late("another letter's", identities={"phone": "p-7"}))
    store.letter(7, late("session of nobody", identities={}, session_id="s-9"))
    store.letter(8, late("conflict", "C-1"), reason="conflict")
    letters = store.letters()
    customers = letters.customers_of(EVERYBODY.since, EVERYBODY.until)
    found = {
        customer: [arrival.touchpoint.event_id for arrival in arrivals]
        for customer, arrivals in letters.of(customers).items()
    }
    assert found == {
        "C-7": ["own", "another letter's"],
        "C-1": ["device"],
        "anon:card:c-1": ["shared card"],
        "C-2": ["session"],
        "anon:device:d-9": ["unlinked"],
        "anon:session:wechat:s-9": ["session of nobody"],
    }
    assert len(letters) == 7


def test_an_identity_of_too_many_customers_tells_nobody_apart(store: Store) -> None:
    for number in range(17):
        identities = {"customer_no": f"C-{number}", "card": "public", "device": "d-1" if number == 3 else f"o-{number}"}
        store.touchpoint(number, f"C-{number}", identities=identities)
    store.letter(1, late("1", identities={"card": "public", "device": "d-1"}))
    assert store.letters().customers_of(EVERYBODY.since, EVERYBODY.until) == {"C-3"}


def test_the_pseudonym_of_a_session_names_its_anonymous_customer_alone(store: Store) -> None:
    pseudonyms = Pseudonyms(b"a key that only tests have")
    store.letter(1, pseudonyms.seal(late("1", identities={}, session_id="s-1")))
    customer = f"anon:session:{pseudonyms.session('wechat', 's-1')}"
    assert store.letters(pseudonyms).customers_of(EVERYBODY.since, EVERYBODY.until) == {customer}


def test_a_sealed_letter_is_taken_in_under_its_pseudonyms_and_stays_sealed(store: Store) -> None:
    pseudonyms = Pseudonyms(b"a key that only tests have")
    sealed = pseudonyms.seal(late("1"))
    store.letter(1, sealed)
    customer_id = pseudonyms.of("customer_no", "C-1")
    (arrival,) = store.letters(pseudonyms).of([customer_id])[customer_id]
    assert arrival.payload == sealed
    assert arrival.touchpoint.identities == {"customer_no": customer_id}


def test_a_letter_that_was_dropped_is_no_more(store: Store) -> None:
    store.letter(1, b"", dropped_at=NOON)
    letters = store.letters()
    assert (len(letters), letters.unreadable) == (0, 0)


def test_letters_come_as_they_were_received_with_what_a_tombstone_needs(store: Store) -> None:
    record = late("1")
    store.letter(1, record)
    (arrival,) = store.letters().of(["C-1"])["C-1"]
    assert arrival.payload == record
    assert (arrival.placement, arrival.received_at, str(arrival.origin)) == (
        2,
        NOON,
        "omnitrack.touchpoints.wechat:0:1",
    )


def test_a_letter_that_breaks_the_contract_by_now_is_counted(store: Store) -> None:
    store.letter(1, json.dumps({"schema_version": 9}).encode())
    letters = store.letters()
    assert (len(letters), letters.unreadable) == (0, 1)


def test_a_letter_of_somebody_unknown_waits_for_a_day_beyond_the_horizon(store: Store) -> None:
    for number, minutes in enumerate((-1, 1)):
        at = datetime.fromtimestamp(NOON / 1000, UTC) - timedelta(days=46, minutes=minutes)
        store.letter(number, late(str(number), identities={"device": f"d-{number}"}, occurred_at=at.isoformat()))
    letters = store.letters()
    assert letters.customers_of(EVERYBODY.since, EVERYBODY.until) == {"anon:device:d-1"}
    assert letters.unsettled == 1
