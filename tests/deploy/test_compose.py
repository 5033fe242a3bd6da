"""The processes of compose.yaml are those of the code, are told what it knows, and may do no more than they need."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.compose import example, model_of, variables
from tests.deploy.known import DEPLOY, FAUST_APPS, ROOT, check_command, known_variables

EXACT = re.compile(r"^[\w./-]+:v?\d+\.\d+\.\d+[\w.-]*$")


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
