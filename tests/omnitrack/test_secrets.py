"""Passwords reach servers and nobody else: not the arguments of a process, not a text that is printed or logged."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from omnitrack.cli import app, main
from omnitrack.deployment import plan_deployment
from omnitrack.service_specs import DeploymentOptions
from omnitrack.settings import resolve_endpoints

PASSWORD = "keep-this-to-yourself"  # noqa: S105 -- made up here
URL = f"clickhouse://writer:{PASSWORD}@127.0.0.1:1/omnitrack"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNITRACK_KAFKA_SECURITY", "SASL_PLAINTEXT")
    monkeypatch.setenv("OMNITRACK_KAFKA_ALLOW_PLAINTEXT_SASL", "1")
    monkeypatch.setenv("OMNITRACK_KAFKA_USER", "tracker")
    monkeypatch.setenv("OMNITRACK_KAFKA_PASSWORD", PASSWORD)
    monkeypatch.setenv("OMNITRACK_CLICKHOUSE", URL)


def test_no_process_of_up_has_a_password_among_its_arguments(tmp_path: Path) -> None:
    plan = plan_deployment(DeploymentOptions(tmp_path, kafka="127.0.0.1:1", clickhouse=URL, explorer_port=0))
    commands = [spec.process.command for stage in plan.stages for spec in stage if spec.process is not None]
    assert commands
    assert PASSWORD not in str(commands)
    assert PASSWORD not in repr(plan)


def test_addresses_show_none(tmp_path: Path) -> None:
    endpoints = resolve_endpoints(data_dir=tmp_path)
    assert PASSWORD in endpoints.clickhouse
    assert PASSWORD not in repr(endpoints)


@pytest.mark.parametrize("command", [("migrate",), ("sql", "SELECT 1"), ("migrate", "--dry-run")])
def test_a_command_that_fails_says_none(command: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, command)
    assert "127.0.0.1:1" in done.output
    assert PASSWORD not in done.output


def test_a_password_among_the_arguments_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["omnitrack", "migrate", "--clickhouse", URL])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert "everybody on this machine can read a password among the arguments" in said.err
    assert PASSWORD not in said.out + said.err
