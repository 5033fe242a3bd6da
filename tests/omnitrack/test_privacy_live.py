"""A bank with a pseudonymisation key, on a real broker and the real engine: what it keeps, and what it does not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from omnitrack.broker_reader import BrokerReader
from omnitrack.erasure.marks import Found, find_marks
from omnitrack.erasure.rows import _remove
from omnitrack.offsets import Partition
from omnitrack.ports import free_port
from omnitrack.sending import RecordSender
from schemas.rows import DeadLetter, TouchpointRow
from schemas.topics import Topics
from sinks.clickhouse.migrate import migrate
from streams.journey.erasure import erased_key, erased_mark
from streams.pseudonym import Pseudonyms
from tests.omnitrack.clear_text import found_in, logs_of, pages_of, states_of, tables_of, topics_of
from tests.omnitrack.pipeline import Pipeline, ago
from tests.omnitrack.privacy_bank import KEY, NEXT_KEY, PSEUDONYMS, RULES, Bank
from tests.streams.worker import Deployment, eventually, touchpoint
from tests.support.brokers import Broker
from tests.support.clickhouse import fresh_database


@pytest.fixture(scope="module")
def bank(apache_kafka: Broker, clickhouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    folder = tmp_path_factory.mktemp("privacy")
    with fresh_database(clickhouse_url) as clickhouse:
        migrate(clickhouse)
        prefix = f"privacy-{clickhouse.database}."
        settings = {"OMNITRACK_PSEUDONYM_KEY": KEY, "OMNITRACK_LOG_LEVEL": "DEBUG"}
        pages = [{"OMNITRACK_METRICS_PORT": str(free_port())} for _ in range(2)]
        pipeline = Pipeline(apache_kafka, prefix, clickhouse, folder, settings | pages[0])
        (folder / "alerts").mkdir()
        alerting = Deployment(
            apache_kafka, Topics(prefix), folder / "alerts", "streams.alerts", pipeline.settings | pages[1]
        )
        try:
            pipeline.start_worker(RULES)
            with alerting.worker() as child:
                made = Bank(pipeline)
                made.simulate()
                pipeline.drain()
                alerting.ready(child)
                yield made
        finally:
            pipeline.end()


def interrupted_after(calls: int) -> Callable[..., int]:
    """As the removal of rows of a table, until somebody presses Ctrl-C."""
    left = iter(range(calls))

    def remove(*arguments: Any) -> int:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return _remove(*arguments)

    return remove


def test_no_identity_is_anywhere_in_clear_after_ingest(bank: Bank) -> None:
    phone = "13800138000"
    bank.clear.add(phone)
    bank.publish(
        f'{{"identities": {{"phone": "{phone}"'.encode(),
        phone.encode(),
        touchpoint("no-kind", "C-no-kind", ago(0.1), identities={phone: "phone"}),
        touchpoint("twice", "C-conflict", ago(0.1)),
        touchpoint("twice", "C-conflict", ago(0.1), stage="serve"),
        touchpoint("held", "", ago(0.1), identities={"phone": phone}, session_id="held-session"),
    )
    bank.pipeline.drain()
    letters = cast("list[DeadLetter]", bank.pipeline.rows("dead_letters"))
    assert {letter.reason for letter in letters} >= {"not_json", "schema", "conflict"}
    assert len(bank.pipeline.rows("touchpoints")) > 100
    assert len(bank.clear) > 100
    places = [*topics_of(bank.pipeline), *tables_of(bank.pipeline), *logs_of(bank.pipeline), *pages_of(bank.pipeline)]
    assert found_in(places, bank.clear) == {}
    # The search would have found them: their pseudonyms are where they belong.
    pseudonyms = {PSEUDONYMS.of("phone", phone)}
    assert found_in(places, pseudonyms).keys() >= {bank.pipeline.streams.topics.identity, "table touchpoints"}


def test_a_repaired_letter_is_replayed_once_under_the_key_and_the_account_adds_up(bank: Bank, tmp_path: Path) -> None:
    pipeline = bank.pipeline
    bank.publish(
        touchpoint("mend", "C-replayed", ago(0.05), identities={}, custNo="C-replayed"),
        touchpoint("give-up", "C-replayed", ago(0.05), stage="nowhere"),
    )
    pipeline.drain()
    mendable, hopeless = sorted(bank.letters("C-replayed"), key=lambda letter: "stage" in letter.errors[0])
    repair = tmp_path / "repair.yaml"
    repair.write_text("repairs: [{reason: schema, rename: {custNo: identities.customer_no}}]\n")
    ids = (mendable.dead_letter_id, hopeless.dead_letter_id)

    preview = pipeline.run("dead", "replay", *ids, "--repair", str(repair))
    assert preview.exit_code == 1
    assert "2 dead letters: 1 can be replayed, 1 cannot" in preview.stdout
    assert f'identities.customer_no: (absent) → "{PSEUDONYMS.of("customer_no", "C-replayed")}"' in preview.stdout
    assert "C-replayed" not in preview.output

    topic = pipeline.streams.topics.touchpoints("wechat")
    before = pipeline.streams.ends(topic)
    for _ in range(2):
        pipeline.run("dead", "replay", *ids, "--repair", str(repair), "--apply", "--by", "Li Na")
    assert pipeline.streams.ends(topic) == before + 1
    dropped = pipeline.run("dead", "drop", hopeless.dead_letter_id, "--because", "a test record", "--apply")
    assert dropped.exit_code == 0, dropped.output
    pipeline.drain()

    stored = cast("list[TouchpointRow]", pipeline.rows("touchpoints"))
    customer_id = PSEUDONYMS.of("customer_no", "C-replayed")
    assert [row.touchpoint.event_id for row in stored if row.customer_id == customer_id] == ["mend"]
    handled = {letter.dead_letter_id: letter for letter in cast("list[DeadLetter]", pipeline.rows("dead_letters"))}
    assert handled[mendable.dead_letter_id].replayed_at is not None
    assert handled[mendable.dead_letter_id].payload == mendable.payload
    assert (handled[hopeless.dead_letter_id].dropped_at is not None, handled[hopeless.dead_letter_id].payload) == (
        True,
        "",
    )
    shown = pipeline.run("dead", "show", mendable.dead_letter_id).stdout
    assert f"by Li Na to {topic}: rename custNo to identities.customer_no" in shown
    listed = pipeline.run("dead", "list", "--format", "json").stdout
    assert not any(letter_id in listed for letter_id in ids)
    assert pipeline.audit()["adds_up"]


@pytest.mark.parametrize("encode", ["encode_customer_record", "encode_identity_record"])
def test_an_erasure_that_a_worker_cannot_take_in_is_none_and_is_told(
    encode: str, bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline, customer = bank.pipeline, f"C-kept-{encode[7:15]}"
    bank.publish(touchpoint(f"kept-{encode}", customer, ago(0.3)))
    pipeline.drain()
    stored = len(pipeline.rows("touchpoints"))
    receipt = tmp_path / "receipt.json"
    command = ("erase", customer, "--receipt", str(receipt), "--timeout", "60")
    with monkeypatch.context() as patch:
        patch.setattr(f"omnitrack.erasure.run.{encode}", lambda _: b"of a later version")
        result = pipeline.run(*command)
    assert result.exit_code == 2, result.output
    assert "the customer is not forgotten yet, as no mark of it is in" in result.stderr
    assert not receipt.exists()
    assert len(pipeline.rows("touchpoints")) == stored
    result = pipeline.run(*command)
    assert result.exit_code == 0, result.output
    assert len(pipeline.rows("touchpoints")) == stored - 1
    assert found_in([*states_of(pipeline), *tables_of(pipeline)], {PSEUDONYMS.of("customer_no", customer)}) == {}
    assert pipeline.audit()["adds_up"]


def test_a_mark_counts_for_what_was_asked_then_and_tells_what_nobody_can_read(bank: Bank) -> None:
    broker, topic = bank.pipeline.streams.broker.bootstrap, bank.pipeline.streams.topics.identity_state
    places = [Partition(topic, number) for number in range(2)]
    marks = {(place, erased_key("C-nobody")) for place in places}
    with BrokerReader(broker) as reader, RecordSender(broker) as sender:
        begins = reader.end_offsets([topic])
        for place, value in zip(places, (erased_mark(7, unreadable=2), erased_mark(6)), strict=True):
            sender.send(topic, erased_key("C-nobody"), value, place.number)
        sender.flush()
        found = find_marks(broker, marks, begins, reader.end_offsets([topic]), 7)
    assert found == Found(frozenset(places[1:]), {places[0]: 2})


def test_an_erased_customer_is_nowhere_and_does_not_come_back(
    bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = bank.pipeline
    known = {"customer_no": "C-erased", "phone": "p-erased", "device": "d-shared"}
    twice = touchpoint("e-1", "", ago(1.2), identities=known, session_id="s-erased", intent="transfer")
    # Before it is known who it is, twice, by a phone and by a session.
    bank.publish(
        touchpoint("e-0", "", ago(1.3), identities={"phone": "p-erased"}, intent="transfer"),
        touchpoint("e-00", "", ago(1.25), identities={}, session_id="s-erased", intent="transfer"),
    )
    bank.publish(touchpoint("e-0", "", ago(1.3), identities={"phone": "p-erased"}, intent="transfer"))
    pipeline.drain()
    bank.publish(
        twice,
        touchpoint(
            "e-2", "", ago(1.1), identities={"phone": "p-erased"}, promise={"promise_id": "P", "due_at": ago(0.5)}
        ),
        touchpoint(
            "e-3", "C-erased", ago(1.0), channel="wechat", outcome="referred", referral={"to_channel": "branch"}
        ),
        touchpoint("e-3", "C-erased", ago(1.0), stage="serve"),
        touchpoint("e-4", "C-erased", ago(1.0), stage="nowhere"),
        b'{"identities": {"customer_no": "C-erased"',
        touchpoint("stays", "", ago(1.1), identities={"customer_no": "C-stays", "device": "d-shared"}),
    )
    bank.publish(touchpoint("e-5", "C-erased", ago(0.9), channel="branch"), channel="branch")
    bank.publish(twice)
    pipeline.drain()
    eventually("an alert is stored", lambda: bank.has_alert(PSEUDONYMS.of("customer_no", "C-erased")))
    texts = {
        PSEUDONYMS.of("customer_no", "C-erased"),
        PSEUDONYMS.of("phone", "p-erased"),
        PSEUDONYMS.session("wechat", "s-erased"),
    }
    before = found_in([*states_of(pipeline), *tables_of(pipeline)], texts)
    assert before.keys() >= {
        pipeline.streams.topics.state,
        pipeline.streams.topics.identity_state,
        pipeline.streams.topics.alerting_state,
        "table alerts",
        "table touchpoints",
        "table journeys",
        "table handoffs",
        "table promises",
        "table duplicates",
    }
    letters, others = len(bank.letters("C-erased")), len(bank.refused())
    assert letters == 3

    receipt = tmp_path / "receipt.json"
    command = ("erase", "C-erased", "--receipt", str(receipt), "--by", "Li Na", "--timeout", "120")
    with monkeypatch.context() as patch:
        patch.setattr("omnitrack.erasure.rows._remove", interrupted_after(3))
        assert pipeline.run(*command).exit_code == 130
    assert not receipt.exists()
    result = pipeline.run(*command)
    assert result.exit_code == 0, result.output
    assert "nothing of this customer was found" not in result.output
    told = json.loads(receipt.read_text())
    assert told["removed"]["touchpoints"] >= 5
    assert not any(told["left"].values())
    assert told["expires_at"] is not None
    # The dead letters were done before it was interrupted.
    assert told["records"] == 11 - letters

    assert found_in([*states_of(pipeline), *tables_of(pipeline)], texts) == {}
    assert found_in([("receipt", receipt.read_bytes()), ("output", result.output.encode())], {"C-erased", *texts}) == {}
    assert bank.letters("C-erased") == []
    assert pipeline.audit()["adds_up"]

    bank.publish(
        touchpoint("e-6", "", ago(0.1), identities=known),
        touchpoint("e-7", "", ago(0.1), identities={"phone": "p-erased"}),
        touchpoint("stays, too", "", ago(0.1), identities={"customer_no": "C-stays", "device": "d-shared"}),
        touchpoint("whose", "", ago(0.1), identities={"device": "d-shared"}),
    )
    pipeline.drain()
    refused = bank.refused()
    assert len(refused) == others + 11 + 2
    assert {(one.key, one.payload) for one in refused} == {(None, "")}
    rows = cast("list[TouchpointRow]", pipeline.rows("touchpoints"))
    owners = {row.touchpoint.event_id: row.customer_id for row in rows}
    stays = PSEUDONYMS.of("customer_no", "C-stays")
    # Of a device that both bore nobody can tell whose it is, no more than before.
    anonymous = f"anon:device:{PSEUDONYMS.of('device', 'd-shared')}"
    assert (owners["stays"], owners["stays, too"], owners["whose"]) == (stays, stays, anonymous)
    assert found_in(states_of(pipeline), {PSEUDONYMS.of("customer_no", "C-erased")}) == {}

    again = pipeline.run(*command)
    assert again.exit_code == 0, again.output
    assert json.loads(receipt.read_text())["records"] == 0
    assert "nothing of this customer was found" in again.output
    assert pipeline.audit()["adds_up"]


def test_a_new_key_leaves_known_customers_who_they_are(bank: Bank, tmp_path: Path) -> None:
    """The last one: from then on the bank has another key."""
    pipeline, roster = bank.pipeline, tmp_path / "roster"
    bank.publish(touchpoint("before", "C-known", ago(0.04), identities={"customer_no": "C-known", "phone": "p-known"}))
    pipeline.drain()
    assert "stream workers are running: stop them first" in pipeline.run("pseudonyms", "roster", str(roster)).stderr
    pipeline.stop_worker()
    written = pipeline.run("pseudonyms", "roster", str(roster))
    assert written.exit_code == 0, written.output
    settings = {
        "OMNITRACK_PSEUDONYM_KEY": NEXT_KEY,
        "OMNITRACK_PSEUDONYM_OLD_KEY": KEY,
        "OMNITRACK_PSEUDONYM_ROSTER": str(roster),
    }
    pipeline.settings.update(settings)
    pipeline.start_worker(RULES)
    bank.publish(
        touchpoint("after", "C-known", ago(0.03)),
        touchpoint("by phone", "", ago(0.02), identities={"phone": "p-known"}),
        touchpoint("first", "C-unknown", ago(0.02)),
    )
    pipeline.drain()
    rows = cast("list[TouchpointRow]", pipeline.rows("touchpoints"))
    owners = {row.touchpoint.event_id: row.customer_id for row in rows}
    known = PSEUDONYMS.of("customer_no", "C-known")
    assert (owners["before"], owners["after"], owners["by phone"]) == (known, known, known)
    assert owners["first"] == Pseudonyms(NEXT_KEY.encode()).of("customer_no", "C-unknown")
    again = pipeline.run("pseudonyms", "roster", str(roster))
    assert again.exit_code == 2
