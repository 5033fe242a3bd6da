"""`omnitrack rules`: what each rule says, its unit tests, and how often it would have fired."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from omnitrack.cli import app
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.port import Row, Table
from tests.streams.alerting.rows import DAY, HOUR, MINUTE, NOON, RULES, handoff, journey, promise, rules, waited
from tests.support.clickhouse import fresh_database
from tests.support.filled import store

DEPLOY = Path(__file__).parents[3] / "deploy"
TESTS = """
catalogue: bank.yaml
tests:
  - name: {name}
    now: 2026-11-25T12:00:00+08:00
    customers: 3
    touchpoints:
      - {{channel: mobile_app, ago: 50m, intent: transfer}}
      - {{channel: branch, ago: 10m, intent: transfer, reasked: [payee_account]}}
    alerts:
      - {{rule: broken, status: firing, times: {broken}}}
      - {{rule: failing, value: 1.0, count: 3, labels: {{to_channel: branch}}}}
"""


def command(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["rules", *arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bank.yaml").write_text(RULES)
    return tmp_path


def write(folder: Path, text: str) -> str:
    file = folder / "tests.yaml"
    file.write_text(text)
    return str(file)


@pytest.fixture(scope="module")
def stored(clickhouse_url: str) -> Iterator[ClickHouseSettings]:
    customers = [f"C-{number}" for number in range(3)]
    rows: dict[Table, list[Row]] = {
        "handoffs": [
            *(handoff(NOON - MINUTE, customer) for customer in customers),
            handoff(NOON - 2 * DAY, "C-7"),
            handoff(NOON - 2 * DAY, "C-8"),
            handoff(NOON - 20 * DAY, "C-9"),
        ],
        "journeys": [
            *map(journey, customers),
            journey("C-8", incidents=("outage-7",), started_at=NOON - 3 * DAY),
        ],
        "promises": [promise(NOON - HOUR, status="overdue")],
        "touchpoints": [waited(900, NOON - DAY - number, f"W-{number}") for number in range(3)],
    }
    with fresh_database(clickhouse_url) as settings:
        migrate(settings, rules())
        store(settings, rows)
        yield settings


class TestCheck:
    def test_each_rule_is_told_in_a_sentence(self, folder: Path) -> None:
        result = command("check", str(folder / "bank.yaml"))
        assert result.exit_code == 0
        assert "broken (critical): each handoff that fails by being lost or repeated; ends 1d after it" in result.stdout
        assert (
            "failing (warning): more than 40% of at least 3 handoffs fail within 30m, for each to_channel; "
            "ends once that has not been so for 2m"
        ) in result.stdout
        assert "due (warning): each promise still not kept 2h before its date" in result.stdout
        assert "maintenance release silences to_channel hotline for 20m" in result.stdout

    def test_a_mistake_is_told_with_file_line_and_field(self, folder: Path) -> None:
        (folder / "bank.yaml").write_text("alerts:\n  rules:\n    a: {kind: rate, over: 2}\n")
        result = command("check", str(folder / "bank.yaml"))
        assert result.exit_code == 2
        assert "bank.yaml:3: alerts.rules.a.over: must be less than 1" in result.stderr


class TestUnitTests:
    def test_those_of_the_example_pass(self) -> None:
        result = command("test", str(DEPLOY / "catalogue.tests.yaml"))
        assert result.exit_code == 0, result.stdout
        assert "0 failed" in result.stdout

    def test_what_did_not_come_and_what_was_not_expected_is_shown(self, folder: Path) -> None:
        assert command("test", write(folder, TESTS.format(name="good", broken=3))).exit_code == 0
        result = command("test", write(folder, TESTS.format(name="bad", broken=5)))
        assert result.exit_code == 1
        assert 'expected, did not come: 2 × {"rule":"broken","status":"firing"}' in result.stdout
        result = command("test", write(folder, TESTS.format(name="bad", broken=2)))
        assert result.exit_code == 1
        assert 'came, was not expected: {"rule":"broken","status":"firing","severity":"critical"' in result.stdout

    @pytest.mark.parametrize(
        ("right", "wrong", "mistake"),
        [
            ("customers: 3", "customrs: 3", "tests.yaml:6: tests.0.customrs: is unknown: remove it"),
            ("rule: failing", "rule: faling", "tests.yaml:12: tests.0.alerts.1.rule: is no rule of the catalogue"),
            ("ago: 10m,", "ago: 10m, stge: serve,", "tests.yaml:9: tests.0.touchpoints.1: stge: is unknown"),
            ("ago: 50m,", "ago: soon,", "tests.yaml:8: tests.0.touchpoints.0.ago: must be a duration"),
            ("bank.yaml", "none.yaml", "none.yaml: no such file"),
        ],
    )
    def test_a_mistake_in_the_file_is_told_with_its_place(
        self, folder: Path, right: str, wrong: str, mistake: str
    ) -> None:
        result = command("test", write(folder, TESTS.format(name="good", broken=3).replace(right, wrong, 1)))
        assert result.exit_code == 2
        assert mistake in result.stderr


class TestDryRun:
    def test_each_rule_is_counted_by_day(self, folder: Path, stored: ClickHouseSettings) -> None:
        url = stored.clickhouse.get_secret_value()
        options = ["--clickhouse", url, "--catalogue", str(folder / "bank.yaml"), "--until", "2026-11-25"]
        result = command("dry-run", *options, "--format", "json")
        assert result.exit_code == 0, result.stderr
        fired = {row.pop("rule"): row for row in map(json.loads, result.stdout.splitlines())}
        assert fired == {
            "broken": {"fired": 4, "silenced": 1, "days": {"2026-11-22": 1, "2026-11-24": 3}},
            "failing": {"fired": 1, "silenced": 0, "days": {"2026-11-24": 1}},
            "cared_for": {"fired": 0, "silenced": 0, "days": {}},
            "due": {"fired": 1, "silenced": 0, "days": {"2026-11-24": 1}},
            "overdue": {"fired": 1, "silenced": 0, "days": {"2026-11-24": 1}},
            "waiting": {"fired": 1, "silenced": 0, "days": {"2026-11-23": 1}},
        }
        assert "2026-11-18 until 2026-11-25" in command("dry-run", *options).stdout

    def test_without_rules_it_says_what_to_give(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("OMNITRACK_CATALOGUE", raising=False)
        result = command("dry-run")
        assert result.exit_code == 2
        assert "which rules? Give --catalogue" in result.stderr
