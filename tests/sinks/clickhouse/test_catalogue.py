"""The catalogue's table says what the catalogue says that was loaded last."""

from __future__ import annotations

from schemas.business_time import Calendar
from schemas.catalogue import Catalogue, IntentRules
from sinks.clickhouse.catalogue import catalogue_rows, load_into
from sinks.clickhouse.client import connected
from sinks.clickhouse.metrics import read_time_zone
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.settings import ClickHouseSettings

CARD = IntentRules(wait_standard=60.0, wait_standards={"branch": 900.0}, required_fields=("id_number", "address"))
BANK = Catalogue(
    rules={"card": CARD, "account": IntentRules(requires_branch=True)},
    contact_gap=90_000,
    calendar=Calendar("Asia/Shanghai", ((),) * 7),
)
COLUMNS = "intent, requires_branch, required_fields, wait_standard, wait_standards, contact_gap, time_zone"


def loaded(settings: ClickHouseSettings) -> list[tuple[object, ...]]:
    with connected(settings) as client:
        return list(client.execute(f"SELECT {COLUMNS} FROM catalogue FINAL ORDER BY intent"))  # noqa: S608 -- a literal


def test_every_intent_and_what_holds_for_all_others_is_loaded(clickhouse: ClickHouseSettings) -> None:
    migrate(clickhouse, BANK)
    assert loaded(clickhouse) == [
        ("", 0, [], 600.0, {}, 90.0, "Asia/Shanghai"),
        ("account", 1, [], 600.0, {}, 90.0, "Asia/Shanghai"),
        ("card", 0, ["id_number", "address"], 60.0, {"branch": 900.0}, 90.0, "Asia/Shanghai"),
    ]
    with connected(clickhouse) as client:
        assert read_time_zone(client) == "Asia/Shanghai"


def test_an_intent_that_is_no_longer_named_is_forgotten(clickhouse: ClickHouseSettings) -> None:
    with connected(clickhouse) as client:
        for catalogue in (BANK, Catalogue(), BANK, Catalogue()):
            load_into(client, catalogue)
    assert loaded(clickhouse) == [tuple(catalogue_rows(Catalogue())[0])]


def test_migrating_without_a_catalogue_keeps_the_one_that_was_loaded(clickhouse: ClickHouseSettings) -> None:
    assert [row[0] for row in loaded(clickhouse)] == [""]
    migrate(clickhouse, BANK)
    migrate(clickhouse)
    assert [row[0] for row in loaded(clickhouse)] == ["", "account", "card"]
