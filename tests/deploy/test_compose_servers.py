"""The servers of compose.yaml take what they are given, and fit each other."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from explorer.access.accounts import make_account, write_accounts
from explorer.access.settings import read_access
from omnitrack.ports import LOOPBACK, free_port
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.webhook.signature import read_secrets
from tests.deploy.compose import FILES, make_secrets, read, variables
from tests.deploy.known import DEPLOY, METRICS_PORT
from tests.support.apache_kafka import ApacheKafka
from tests.support.debian import require_program


def test_a_listener_of_kafka_is_advertised_where_it_is_found(services: dict[str, Any]) -> None:
    kafka = services["kafka"]
    listeners = dict(item.split("://") for item in kafka["environment"]["KAFKA_LISTENERS"].split(","))
    advertised = dict(item.split("://") for item in kafka["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(","))
    (port,) = kafka["ports"]
    assert f":{port['target']}" == listeners["OUTSIDE"]
    assert advertised["OUTSIDE"] == f"127.0.0.1:{port['published']}"
    assert advertised["INSIDE"] == f"kafka{listeners['INSIDE']}"


def test_apache_kafka_starts_with_these_settings_and_answers_outside(
    services: dict[str, Any], local_apache_kafka: None, tmp_path: Path
) -> None:
    here = {"9092": free_port(), "9093": free_port(), "9094": free_port()}
    settings = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): value
        for name, value in services["kafka"]["environment"].items()
    }
    # The image listens on all addresses of its container; a test on this machine's loopback.
    listeners = re.sub(r"://:(\d+)", lambda found: f"://{LOOPBACK}:{here[found[1]]}", settings["listeners"])
    outside = listeners.replace(f",CONTROLLER://{LOOPBACK}:{here['9093']}", "")
    placed = {
        "log.dirs": str(tmp_path / "kafka" / "topics"),
        "listeners": listeners,
        "advertised.listeners": outside,
        "controller.quorum.voters": f"1@{LOOPBACK}:{here['9093']}",
    }

    kafka = ApacheKafka.start(tmp_path / "kafka", here["9094"], settings | placed)

    kafka.kill()


def test_every_variable_of_grafanas_provisioning_is_set(services: dict[str, Any]) -> None:
    texts = [path.read_text() for path in (DEPLOY / "grafana/provisioning/datasources").glob("*.yaml")]
    asked = {name for text in texts for name in re.findall(r"\$([A-Z_]+)", text)}
    (script,) = services["grafana"]["entrypoint"][2:]
    given = {*services["grafana"]["environment"], *re.findall(r"\b([A-Z_]+)=", script)}
    assert asked <= given


def test_the_settings_of_the_explorer_let_it_be_served(
    own: dict[str, Any], secrets_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables(own["explorer"]).items():
        monkeypatch.setenv(name, value.replace("/run/secrets", str(secrets_folder)))
    users = tmp_path / "explorer-users"
    monkeypatch.setenv("OMNITRACK_EXPLORER_USERS", str(users))
    password = (secrets_folder / "explorer-admin-password").read_text().strip()

    write_accounts(users, [make_account("admin", "operator", password)])
    access = read_access("0.0.0.0")  # noqa: S104 -- what the container listens on

    assert access.has_login
    assert access.hostname == "localhost"
    assert access.signing_key() == (secrets_folder / "explorer-secret").read_text().strip()
    assert (
        ClickHouseSettings().client_options()[1]["password"]
        == (secrets_folder / "clickhouse-password").read_text().strip()
    )


def test_every_secret_is_made(model: dict[str, Any], secrets_folder: Path) -> None:
    wanted = {Path(secret["file"]).name for secret in model["secrets"].values()}
    assert {path.name for path in secrets_folder.iterdir()} == wanted
    assert secrets_folder.stat().st_mode & 0o777 == 0o700
    assert len(read_secrets(secrets_folder / "webhook-secret")) == 1


def test_secrets_stay_and_a_changed_password_reaches_clickhouse(secrets_folder: Path) -> None:
    before = (secrets_folder / "explorer-secret").read_text()
    (secrets_folder / "clickhouse-password").write_text("another one\n")

    assert make_secrets(secrets_folder) == ""

    assert (secrets_folder / "explorer-secret").read_text() == before
    users = ET.parse(secrets_folder / "clickhouse-users.xml").getroot()  # noqa: S314 -- our own
    assert users.findtext("users/omnitrack/password_sha256_hex") == hashlib.sha256(b"another one").hexdigest()


@pytest.mark.parametrize("file", sorted(path.name for path in FILES.glob("*.xml")))
def test_clickhouses_configuration_is_well_formed(file: str) -> None:
    assert ET.parse(FILES / file).getroot().tag == "clickhouse"  # noqa: S314 -- our own


def test_clickhouse_asks_keeper_where_it_listens(services: dict[str, Any]) -> None:
    asked = ET.parse(FILES / "clickhouse.xml").getroot().find("zookeeper/node")  # noqa: S314 -- our own
    keeper = ET.parse(FILES / "keeper.xml").getroot()  # noqa: S314 -- our own
    assert asked is not None
    assert asked.findtext("host") in services
    assert asked.findtext("port") == keeper.findtext("keeper_server/tcp_port")


@pytest.fixture
def prometheus(tmp_path: Path) -> Path:
    """The folder of Prometheus, as its container has it."""
    shutil.copy(FILES / "prometheus.yml", tmp_path)
    shutil.copy(DEPLOY / "prometheus" / "rules.yml", tmp_path)
    return tmp_path


def test_prometheus_and_alertmanager_take_their_configurations(prometheus: Path) -> None:
    for command in (
        ("promtool", "check", "config", prometheus / "prometheus.yml"),
        ("amtool", "check-config", FILES / "alertmanager.yml"),
    ):
        program, *arguments = command
        told = subprocess.run(
            [require_program(str(program)), *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert told.returncode == 0, told.stdout + told.stderr


def test_prometheus_reads_every_faust_process_and_the_explorer(own: dict[str, Any]) -> None:
    (job,) = read((FILES / "prometheus.yml").read_text())["scrape_configs"]
    (found,) = job["dns_sd_configs"]
    apps = {name for name, service in own.items() if service["command"][0] == "faust"}
    assert set(found["names"]) == {*apps, "explorer"}
    assert found["port"] == METRICS_PORT
    assert f"OMNITRACK_METRICS_PORT={METRICS_PORT}" in (DEPLOY / "Dockerfile").read_text()
