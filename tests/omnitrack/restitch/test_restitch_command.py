"""What the command refuses, in one line each."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from omnitrack.cli import app
from omnitrack.ports import LOOPBACK, free_port

PERIOD = "say whom: --customers FILE, or --since and --until, or --all"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], PERIOD),
        (["--all", "--since", "2026-01-01T00:00:00Z"], PERIOD),
        (["--since", "yesterday"], "--since: 'yesterday' is no time"),
        (["--until", "2026-01-01T00:00:00"], "--until: '2026-01-01T00:00:00' has no offset"),
        (["--customers", "nowhere.txt"], "--customers: nowhere.txt cannot be read"),
        (["--all", "--catalogue", "nowhere.yaml"], "nowhere.yaml: no such file"),
    ],
)
def test_a_mistake_is_told_in_one_line(arguments: list[str], why: str) -> None:
    result = CliRunner().invoke(app, ["restitch", *arguments])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"restitch: {why}")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(("wait", "silent"), [("--wait", "Kafka"), ("--no-wait", "ClickHouse")])
def test_a_server_that_does_not_answer_is_named(wait: str, silent: str) -> None:
    address = f"{LOOPBACK}:{free_port()}"
    addresses = ["--kafka", address, "--clickhouse", f"clickhouse://{address}/omnitrack"]
    result = CliRunner().invoke(app, ["restitch", "--all", wait, *addresses])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"restitch: {silent}")
    assert address in result.stderr


def test_ids_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "customers.txt"
    file.write_text("C-1\n\n anon:phone:电话 \n", encoding="utf-8")
    address = f"{LOOPBACK}:{free_port()}"
    silent = f"clickhouse://{address}/omnitrack"
    result = CliRunner().invoke(app, ["restitch", "--customers", str(file), "--no-wait", "--clickhouse", silent])
    assert f"ClickHouse does not answer at {address}" in result.stderr
