"""`omnitrack explore` where it cannot serve; what it serves is tested in tests/explorer."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from explorer.access.accounts import make_account, write_accounts
from omnitrack.cli import app
from omnitrack.ports import LOOPBACK, free_port

RUNNER = CliRunner()


def test_a_busy_port_is_refused_with_one_line() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        refused = RUNNER.invoke(app, ["explore", "--port", str(port)])
    assert refused.exit_code == 2
    assert refused.stderr == (
        f"explore: port {port} on {LOOPBACK} is busy: stop what listens there, or choose another with --port\n"
    )


def test_a_busy_port_of_metrics_is_refused_with_one_line() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        refused = RUNNER.invoke(app, ["explore", "--port", str(free_port()), "--metrics-port", str(port)])
    assert refused.exit_code == 2
    assert f"OMNITRACK_METRICS_PORT: nothing can listen on {LOOPBACK}:{port}" in refused.stderr


def test_another_address_needs_a_login() -> None:
    refused = RUNNER.invoke(app, ["explore", "--port", "8050", "--host", "192.0.2.1"])
    assert refused.exit_code == 2
    assert "192.0.2.1 can be reached from elsewhere, and there is no login" in refused.stderr


def test_an_address_that_is_not_this_machines_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_accounts(tmp_path / "users", [make_account("ana", "analyst", "a long password")])
    monkeypatch.setenv("OMNITRACK_EXPLORER_USERS", str(tmp_path / "users"))
    monkeypatch.setenv("OMNITRACK_EXPLORER_URL", "https://explorer.bank.example")
    refused = RUNNER.invoke(app, ["explore", "--port", "8050", "--host", "192.0.2.1"])
    assert refused.exit_code == 2
    assert "explore: cannot listen on 192.0.2.1:8050: " in refused.stderr


def test_a_wrong_url_is_told_by_its_name() -> None:
    refused = RUNNER.invoke(app, ["explore", "--clickhouse", "http://localhost:8123"])
    assert refused.exit_code != 0
    assert "OMNITRACK_CLICKHOUSE" in str(refused.exception)
