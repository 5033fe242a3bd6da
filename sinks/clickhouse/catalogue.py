"""What metrics need to know of the catalogue, as a table: required information, standards of waiting, time zone."""

from __future__ import annotations

from typing import NamedTuple

from clickhouse_driver import Client

from schemas.catalogue import Catalogue, IntentRules

ANY_INTENT = ""
NAMED = "SELECT intent FROM catalogue FINAL"
LOAD = (
    "INSERT INTO catalogue (intent, requires_branch, required_fields, wait_standard, wait_standards, contact_gap,"
    " time_zone, loaded_at, is_deleted) VALUES"
)
CLOCK = (
    "SELECT greatest(toUnixTimestamp64Milli(now64(3, 'UTC')), max(toUnixTimestamp64Milli(loaded_at)) + 1)"
    " FROM catalogue"
)


class CatalogueRow(NamedTuple):
    """`wait_standard`, `wait_standards` and `contact_gap` are seconds; `intent` empty: every intent not named."""

    intent: str
    requires_branch: bool
    required_fields: list[str]
    wait_standard: float
    wait_standards: dict[str, float]
    contact_gap: float
    time_zone: str


def catalogue_rows(catalogue: Catalogue) -> list[CatalogueRow]:
    """The rows of table `catalogue`: one per intent that has rules, and one of the defaults, for any other."""
    rules = {ANY_INTENT: catalogue.default, **catalogue.rules}
    return [_row(intent, rule, catalogue) for intent, rule in rules.items()]


def load_into(client: Client, catalogue: Catalogue) -> None:
    """Make the table say what `catalogue` says, and forget the intents that it no longer names."""
    rows = catalogue_rows(catalogue)
    gone = {intent for (intent,) in client.execute(NAMED)} - {row.intent for row in rows}
    [(now,)] = client.execute(CLOCK)
    buried = [CatalogueRow(intent, False, [], 0.0, {}, 0.0, "")._asdict() for intent in sorted(gone)]
    entries = [*((row._asdict(), 0) for row in rows), *((row, 1) for row in buried)]
    client.execute(LOAD, [{**row, "loaded_at": now, "is_deleted": deleted} for row, deleted in entries])


def is_loaded(client: Client) -> bool:
    """Whether a catalogue was ever loaded into this database."""
    return bool(client.execute(NAMED))


def _row(intent: str, rules: IntentRules, catalogue: Catalogue) -> CatalogueRow:
    return CatalogueRow(
        intent=intent,
        requires_branch=rules.requires_branch,
        required_fields=list(rules.required_fields),
        wait_standard=rules.wait_standard,
        wait_standards=dict(rules.wait_standards),
        contact_gap=catalogue.contact_gap / 1000,
        time_zone="UTC" if catalogue.calendar is None else catalogue.calendar.time_zone,
    )
