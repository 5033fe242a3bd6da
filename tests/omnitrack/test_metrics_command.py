"""`omnitrack metrics` shows what the views answer, lists what there is, and says what to do where it cannot."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from typer.testing import CliRunner, Result

from omnitrack.cli import app
from sinks.clickhouse.client import connected
from sinks.clickhouse.metrics import list_metrics
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.settings import ClickHouseSettings
from tests.sinks.clickhouse.metrics.rows_at_random import CATALOGUE, rows_at_random
from tests.support.clickhouse import fresh_database
from tests.support.filled import store

MARCH = ("--since", "2026-03", "--until", "2026-04")


@pytest.fixture(scope="module")
def bank(clickhouse_url: str) -> Iterator[ClickHouseSettings]:
    with fresh_database(clickhouse_url) as settings:
        migrate(settings, CATALOGUE)
        store(settings, rows_at_random(7, 200, corrections=0.0).writes)
        yield settings


def metrics(settings: ClickHouseSettings, *options: str) -> Result:
    url = settings.clickhouse.get_secret_value()
    return CliRunner().invoke(app, ["metrics", "--clickhouse", url, *options])


def test_all_metrics_are_listed_with_their_numbers_and_meanings(bank: ClickHouseSettings) -> None:
    result = metrics(bank, *MARCH)
    assert result.exit_code == 0
    assert "2026-03-01 until 2026-04-01" in result.stdout
    for metric in list_metrics():
        assert metric.name in result.stdout
        assert metric.meaning in result.stdout


def test_the_list_in_json_tells_values_and_definitions(bank: ClickHouseSettings) -> None:
    listed = {row["metric"]: row for row in json.loads(metrics(bank, *MARCH, "--format", "json").stdout)}
    assert listed.keys() == {metric.name for metric in list_metrics()}
    success = json.loads(metrics(bank, "handoff_success", *MARCH, "--format", "json").stdout)
    assert listed["handoff_success"]["value"] == success[0]["rate"]
    assert listed["handoff_success"]["n"] == success[0]["n"]
    assert listed["handoff_success"]["undecided"] == success[0]["undecided"] > 0
    assert listed["wait"]["undecided"] is None, "waits are known at once"
    assert listed["handoff_success"]["formula"] == "smooth ÷ (smooth + failed)."


def test_a_metric_is_asked_with_filters_and_groups(bank: ClickHouseSettings) -> None:
    filters = (
        "--channel",
        "branch",
        "--channel",
        "hotline",
        "--intent",
        "card",
        "--care",
        "elderly",
        "--include-anonymous",
    )
    result = metrics(bank, "handoff_success", *MARCH, *filters, "--by", "week,channel", "--format", "csv")
    assert result.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert rows
    # Days are those of the catalogue's zone, weeks begin on Mondays.
    assert {date.fromisoformat(row["period"]).weekday() for row in rows} == {0}
    assert all(row["channel"] for row in rows)


def test_the_month_is_that_of_the_catalogues_time_zone(bank: ClickHouseSettings) -> None:
    query = metrics(bank, "wait_parity", *MARCH, "--sql").stdout
    assert "since = '2026-02-28 16:00:00.000', until = '2026-03-31 16:00:00.000'" in query
    with connected(bank) as client:
        assert len(client.execute(query)) == 1


def test_how_far_repeated_contacts_may_lie_apart_is_the_analysts_to_say(bank: ClickHouseSettings) -> None:
    def repeated(*options: str) -> int:
        [row] = json.loads(metrics(bank, "repeat_contact", *MARCH, *options, "--format", "json").stdout)
        return int(row["repeated"])

    assert repeated("--window", "1s") < repeated() == repeated("--window", "7d") < repeated("--window", "30d")
    listed = {
        row["metric"]: row for row in json.loads(metrics(bank, *MARCH, "--window", "1s", "--format", "json").stdout)
    }
    rate = json.loads(metrics(bank, "repeat_contact", *MARCH, "--window", "1s", "--format", "json").stdout)[0]["rate"]
    assert listed["repeat_contact"]["value"] == rate


def test_how_many_journeys_a_channel_needs_to_be_compared_is_the_analysts_to_say(bank: ClickHouseSettings) -> None:
    def compared(*options: str) -> int:
        [row] = json.loads(metrics(bank, "completion_parity", *MARCH, *options, "--format", "json").stdout)
        return len(row["channels"])

    assert compared("--minimum", "10000") == 0 < compared("--minimum", "1")


def test_a_mistyped_value_beside_a_right_one_is_told(bank: ClickHouseSettings) -> None:
    right = metrics(bank, "handoff_success", *MARCH, "--channel", "branch", "--format", "json")
    result = metrics(
        bank,
        "handoff_success",
        *MARCH,
        "--channel",
        "branch",
        "--channel",
        "hotlin",
        "--intent",
        "x",
        "--format",
        "json",
    )
    assert right.stderr == ""
    assert result.exit_code == 0
    assert "--channel: nothing has channel 'hotlin', so it adds nothing: did you mean hotline?" in result.stderr
    assert "--intent: nothing has intent 'x', so it adds nothing\n" in result.stderr


def test_a_channel_and_an_intent_that_are_known_need_no_rows(clickhouse: ClickHouseSettings) -> None:
    migrate(clickhouse, CATALOGUE)
    assert "nothing has" not in metrics(clickhouse, "wait", "--channel", "atm", "--intent", "loan").stderr


def test_an_intent_that_only_a_wait_has_is_known(clickhouse: ClickHouseSettings) -> None:
    insert = (
        "INSERT INTO touchpoints (customer_id, occurred_at, channel, event_id, touchpoint, stage, intent, wait_seconds,"
        " version, is_deleted) VALUES"
    )
    at = datetime(2026, 3, 5, tzinfo=UTC)
    with connected(clickhouse) as client:
        client.execute(insert, [("C-1", at, "branch", "e", "service.step", "serve", "only_here", 30.0, 1, 0)])
        client.execute(insert, [("C-1", at, "branch", "f", "service.step", "serve", None, 30.0, 1, 0)])
    for intent in ("only_here", "unknown"):
        result = metrics(clickhouse, "wait", *MARCH, "--intent", intent, "--by", "", "--format", "json")
        assert [row["n"] for row in json.loads(result.stdout)] == [1]
        assert result.stderr == ""


def test_a_table_tells_what_the_numbers_mean(bank: ClickHouseSettings) -> None:
    result = metrics(bank, "ping_pong", *MARCH)
    assert "Ping-pong: how often customers are sent back" in result.stdout
    assert "journeys with a bounced handoff ÷ journeys with a handoff" in result.stdout


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("handof_success",), "did you mean handoff_success?"),
        (("wait", "--since", "yesterday"), "--since: 'yesterday' is no time: give a day such as 2026-03-01"),
        (("wait", "--until", "2026-13"), "--until: '2026-13' is no time"),
        (("wait", "--since", "2026-05", "--until", "2026-04"), "--since 2026-05-01 is not before --until 2026-04-01"),
        (("wait", "--by", "moon"), "wait cannot be grouped by moon: it can by day, week, month, intent, channel, hour"),
        (("data_quality", "--care", "elderly"), "data_quality has no filter care"),
        (
            ("wait", "--care", "elderly", "--care", "old"),
            "--care: 'old' is no care group: there are elderly, disabled,",
        ),
        (("wait", "--window", "7d"), "wait has no window: --window goes with first_contact_resolution, repeat_contact"),
        (("wait", "--minimum", "7"), "wait has no minimum: --minimum goes with completion_parity, consistency_index"),
        (("repeat_contact", "--window", "a week"), "--window: 'a week' must be a duration <number><s|m|h|d>"),
        (("repeat_contact", "--window", "0s"), "--window: '0s' must be at least 1s"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    bank: ClickHouseSettings, options: tuple[str, ...], problem: str
) -> None:
    result = metrics(bank, *options)
    assert result.exit_code == 2
    assert problem in result.stderr
    assert result.stderr.count("\n") == 1


def test_where_nothing_was_observed_it_says_what_there_is(bank: ClickHouseSettings) -> None:
    result = metrics(bank, "handoff_success", *MARCH, "--channel", "brnch", "--format", "json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])
    assert "nothing was observed 2026-03-01 until 2026-04-01 with these filters" in result.stderr
    assert "on channels atm, branch, hotline, mail, mobile_app, online_banking, wechat" in result.stderr


def test_an_empty_database_says_how_to_fill_it(clickhouse: ClickHouseSettings) -> None:
    result = metrics(clickhouse)
    assert result.exit_code == 0
    assert "the database holds no journeys yet: publish touchpoints, or try `omnitrack simulate`" in result.stderr


def test_a_database_without_views_says_to_migrate(clickhouse: ClickHouseSettings) -> None:
    with connected(clickhouse) as client:
        client.execute("DROP VIEW metric_ping_pong")
    result = metrics(clickhouse, "ping_pong")
    assert result.exit_code == 2
    assert "run `omnitrack migrate`" in result.stderr


def test_an_absent_server_is_one_line_and_exit_code_2() -> None:
    result = CliRunner().invoke(app, ["metrics", "--clickhouse", "clickhouse://ana:s3cret@127.0.0.1:1/omnitrack"])
    assert result.exit_code == 2
    assert result.stderr.startswith("metrics: ClickHouse does not answer at 127.0.0.1:1")
    assert result.stderr.count("\n") == 1
    assert "s3cret" not in result.output
