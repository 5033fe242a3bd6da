"""Roles for a server: right by syntax and by what they name; on the embedded engine they are left out with a word."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from typer.testing import CliRunner

from explorer.access.roles import may_see
from omnitrack.cli import app
from sinks.clickhouse.client import connected
from sinks.clickhouse.cluster import Storage
from sinks.clickhouse.metrics import Question, ask, find_metric
from sinks.clickhouse.roles import analysts_views, role_statements
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.views import load_views

DATABASE = "bank"
SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
GRANTED_TO_ANALYSTS = re.compile(r"^GRANT (.*) ON `bank`\.(.*) TO omnitrack_analyst$", re.MULTILINE)


def test_every_statement_is_one_that_clickhouse_can_read(clickhouse_url: str) -> None:
    statements = list(role_statements(Storage(DATABASE)))
    assert len(statements) > 2 * len(analysts_views(DATABASE))
    with connected(ClickHouseSettings.of(clickhouse_url), database="default") as client:
        for statement in statements:
            [[formatted]] = client.execute("SELECT formatQuery({statement:String})", {"statement": statement})
            assert formatted


def test_analysts_may_ask_the_views_that_the_explorer_shows_them_and_nothing_else() -> None:
    granted = GRANTED_TO_ANALYSTS.findall("\n".join(role_statements(Storage(DATABASE))))
    assert {right for right, _ in granted} == {"SELECT"}
    shown = {view.name for view in load_views(DATABASE) if view.name.startswith(("metric_", "explorer_"))}
    assert {view.strip("`") for _, view in granted} == {view for view in shown if may_see("analyst", view)}


def test_every_view_that_analysts_may_ask_reads_as_somebody_else() -> None:
    text = "\n".join(role_statements(Storage(DATABASE)))
    for view in analysts_views(DATABASE):
        assert f"ALTER TABLE `bank`.`{view}` MODIFY SQL SECURITY DEFINER DEFINER = omnitrack_views" in text


def test_a_view_with_parameters_takes_a_definer_and_answers_as_before(clickhouse: ClickHouseSettings) -> None:
    statements = role_statements(clickhouse.storage)
    sets_definer = next(one for one in statements if one.startswith("ALTER TABLE") and "`metric_wait`" in one)
    with connected(clickhouse) as client:
        # The engine knows one user only: who asks.
        client.execute(sets_definer.replace("omnitrack_views", "CURRENT_USER"))
        [[made]] = client.execute("SHOW CREATE VIEW metric_wait")
        assert "DEFINER = default SQL SECURITY DEFINER" in made
        answer = ask(client, find_metric("wait"), Question(SINCE, UNTIL))
    assert answer.columns
    assert answer.rows == ()


def test_on_the_embedded_engine_they_are_left_out_with_a_word(clickhouse: ClickHouseSettings) -> None:
    url = clickhouse.clickhouse.get_secret_value()
    done = CliRunner().invoke(app, ["migrate", "--roles", "--clickhouse", url])
    assert done.exit_code == 0, done.output
    assert "skipped the roles: the embedded ClickHouse has no users and no roles" in done.stdout


def test_a_dry_run_shows_them(clickhouse: ClickHouseSettings) -> None:
    url = clickhouse.clickhouse.get_secret_value()
    shown = CliRunner().invoke(app, ["migrate", "--roles", "--dry-run", "--clickhouse", url]).stdout
    assert "CREATE ROLE IF NOT EXISTS omnitrack_analyst;" in shown
