"""Roles for a server: right by syntax and by what they name; on the embedded engine they are left out with a word."""

from __future__ import annotations

import re

from typer.testing import CliRunner

from explorer.access.roles import OF_CUSTOMERS
from omnitrack.cli import app
from sinks.clickhouse.client import connected
from sinks.clickhouse.roles import analysts_views, role_statements
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.views import load_views

DATABASE = "bank"
GRANTED_TO_ANALYSTS = re.compile(r"^GRANT (.*) ON `bank`\.(.*) TO omnitrack_analyst$", re.MULTILINE)


def test_every_statement_is_one_that_clickhouse_can_read(clickhouse: ClickHouseSettings) -> None:
    statements = list(role_statements(DATABASE))
    assert len(statements) > 2 * len(analysts_views(DATABASE))
    with connected(clickhouse) as client:
        for statement in statements:
            [[formatted]] = client.execute("SELECT formatQuery({statement:String})", {"statement": statement})
            assert formatted


def test_analysts_may_ask_all_views_that_show_no_customer_and_nothing_else() -> None:
    granted = GRANTED_TO_ANALYSTS.findall("\n".join(role_statements(DATABASE)))
    assert {right for right, _ in granted} == {"SELECT"}
    shown = {view.name for view in load_views(DATABASE) if view.name.startswith(("metric_", "explorer_"))}
    assert {view.strip("`") for _, view in granted} == shown - OF_CUSTOMERS


def test_every_view_that_analysts_may_ask_reads_as_somebody_else() -> None:
    text = "\n".join(role_statements(DATABASE))
    for view in analysts_views(DATABASE):
        assert f"ALTER TABLE `bank`.`{view}` MODIFY SQL SECURITY DEFINER DEFINER = omnitrack_views" in text


def test_on_the_embedded_engine_they_are_left_out_with_a_word(clickhouse: ClickHouseSettings) -> None:
    url = clickhouse.clickhouse.get_secret_value()
    done = CliRunner().invoke(app, ["migrate", "--roles", "--clickhouse", url])
    assert done.exit_code == 0, done.output
    assert "skipped the roles: the embedded ClickHouse has no users and no roles" in done.stdout


def test_a_dry_run_shows_them(clickhouse: ClickHouseSettings) -> None:
    url = clickhouse.clickhouse.get_secret_value()
    shown = CliRunner().invoke(app, ["migrate", "--roles", "--dry-run", "--clickhouse", url]).stdout
    assert "CREATE ROLE IF NOT EXISTS omnitrack_analyst;" in shown
