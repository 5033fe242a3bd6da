"""An address comes from the option, else the environment, else a running `up`, else the default."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from omnitrack.runtime import ProcessEntry, Runtime, read_runtime, write_runtime
from omnitrack.settings import resolve_endpoints
from omnitrack.settings_error import SettingsError
from schemas.kafka_address import DEFAULT_SERVERS
from sinks.clickhouse.settings import DEFAULT_URL

RULES = "/bank/rules.yaml"
RUNNING_KAFKA, RUNNING_CLICKHOUSE = "127.0.0.1:1111", "clickhouse://default@127.0.0.1:2222/omnitrack"


def now() -> int:
    return round(time.time() * 1000)


def runtime_of(pid: int, started_at: int) -> Runtime:
    entry = ProcessEntry(pid=pid, started_at=started_at, restarts=0, state="up")
    return Runtime(
        RUNNING_KAFKA,
        RUNNING_CLICKHOUSE,
        pid,
        started_at,
        kafka_in_memory=True,
        processes={"broker": entry},
        catalogue=RULES,
    )


@pytest.fixture(autouse=True)
def _somewhere_else(bare_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def running(tmp_path: Path) -> Path:
    data_dir = tmp_path / ".omnitrack"
    data_dir.mkdir()
    write_runtime(data_dir, runtime_of(os.getpid(), now()))
    return data_dir


def test_with_nothing_given_and_nothing_running_the_defaults_hold() -> None:
    endpoints = resolve_endpoints()
    assert (endpoints.kafka, endpoints.clickhouse) == (DEFAULT_SERVERS, DEFAULT_URL)
    assert endpoints.runtime is None


@pytest.mark.usefixtures("running")
def test_a_running_up_of_the_current_folder_is_found() -> None:
    endpoints = resolve_endpoints()
    assert (endpoints.kafka, endpoints.clickhouse) == (RUNNING_KAFKA, RUNNING_CLICKHOUSE)


@pytest.mark.usefixtures("running")
def test_the_catalogue_is_that_of_the_running_up_unless_another_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve_endpoints().catalogue(None) == Path(RULES)
    monkeypatch.setenv("OMNITRACK_CATALOGUE", "of-the-environment.yaml")
    assert resolve_endpoints().catalogue(None) == Path("of-the-environment.yaml")
    assert resolve_endpoints().catalogue(Path("given.yaml")) == Path("given.yaml")


@pytest.mark.usefixtures("running")
def test_the_catalogue_of_a_running_up_is_not_that_of_another_kafka() -> None:
    assert resolve_endpoints(kafka="kafka.bank.example:9092").catalogue(None) is None


def test_a_running_up_elsewhere_is_found_by_option_and_by_environment(
    running: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    running.rename(elsewhere)
    assert resolve_endpoints().kafka == DEFAULT_SERVERS
    assert resolve_endpoints(data_dir=elsewhere).kafka == RUNNING_KAFKA
    monkeypatch.setenv("OMNITRACK_DATA_DIR", str(elsewhere))
    assert resolve_endpoints().kafka == RUNNING_KAFKA


@pytest.mark.usefixtures("running")
def test_the_environment_wins_over_a_running_up_and_an_option_over_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNITRACK_KAFKA", "kafka.bank:9092")
    assert resolve_endpoints().kafka == "kafka.bank:9092"
    assert resolve_endpoints().clickhouse == RUNNING_CLICKHOUSE
    assert resolve_endpoints(kafka="other:9092").kafka == "other:9092"


def test_a_runtime_file_whose_supervisor_is_gone_does_not_count(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    write_runtime(tmp_path, runtime_of(gone.pid, now()))
    assert read_runtime(tmp_path) is None


def test_a_runtime_file_whose_number_another_process_took_over_does_not_count(tmp_path: Path) -> None:
    write_runtime(tmp_path, runtime_of(os.getpid(), started_at=1_000))
    assert read_runtime(tmp_path) is None


def test_a_damaged_runtime_file_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "runtime.json").write_text('{"kafka": 1')
    assert read_runtime(tmp_path) is None


def test_only_its_owner_reads_the_runtime_file(running: Path) -> None:
    assert (running / "runtime.json").stat().st_mode & 0o077 == 0


def test_groups_are_called_after_the_topic_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve_endpoints().streams_group == "omnitrack-streams"
    monkeypatch.setenv("OMNITRACK_TOPIC_PREFIX", "pilot.omni.")
    assert resolve_endpoints().sink_group == "pilot.omni-sink"


def test_a_wrong_address_is_named_with_its_setting_and_no_password_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"^OMNITRACK_KAFKA \(or .*\): 'localhost' is not host:port$"):
        resolve_endpoints(kafka="localhost")
    with pytest.raises(SettingsError, match=r"^OMNITRACK_CLICKHOUSE .*scheme") as wrong:
        resolve_endpoints(clickhouse="http://me:secret@host/omnitrack")
    assert "secret" not in str(wrong.value)
    monkeypatch.setenv("OMNITRACK_PARTITIONS", "none")
    with pytest.raises(SettingsError, match=r"^OMNITRACK_PARTITIONS "):
        resolve_endpoints()
