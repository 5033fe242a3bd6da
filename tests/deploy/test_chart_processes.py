"""The processes of the Helm chart are those of the code, are told what it knows, and may do no more than they need."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from explorer.access.settings import read_access
from omnitrack.notify.settings import NotifySettings
from schemas.kafka_security import read_kafka_security
from sinks.clickhouse.settings import ClickHouseSettings
from tests.deploy.chart import (
    CATALOGUE,
    EXAMPLE_NAMES,
    NEEDED,
    Resource,
    container,
    environment,
    example,
    of_kind,
    pods,
    rendered,
)
from tests.deploy.known import DEPLOY, FAUST_APPS, METRICS_PORT, check_command, known_variables

SECRETS, CATALOGUE_FOLDER = "/etc/omnitrack/secrets/", "/etc/omnitrack/catalogue/"
CERTIFICATES = {
    "kafka": {
        "bootstrap": "kafka:9093",
        "security": "SSL",
        "clientCertificateSecret": {"name": "omnitrack-user"},
    }
}


def matches(selector: dict[str, str], pod: Resource) -> bool:
    labels: dict[str, str] = pod["metadata"]["labels"]
    return selector.items() <= labels.items()


def test_every_faust_app_has_a_process(secured: list[Resource]) -> None:
    apps = [container(each["spec"]["template"])["command"][2] for each in of_kind("StatefulSet", secured).values()]
    assert sorted(apps) == sorted(FAUST_APPS)


def test_every_command_is_one(resources: list[Resource]) -> None:
    for _, pod in pods(resources):
        check_command(container(pod)["command"])


def test_every_variable_is_a_setting(resources: list[Resource]) -> None:
    set_here = {name for _, pod in pods(resources) for name in environment(pod)}
    assert set_here - known_variables() == set()


@pytest.mark.parametrize("values", [NEEDED, NEEDED | CERTIFICATES], ids=["the least", "mutual TLS"])
def test_every_file_that_a_variable_names_is_mounted(values: dict[str, Any]) -> None:
    everything = [each for name in EXAMPLE_NAMES for each in example(name)] + rendered(values)
    for name, pod in pods(everything):
        mounted = {each["mountPath"] + "/" for each in container(pod)["volumeMounts"]}
        volumes = {each["name"]: each for each in pod["spec"]["volumes"]}
        sources = volumes.get("secrets", {}).get("projected", {}).get("sources", [])
        files = {item["path"] for source in sources for item in source["secret"]["items"]}
        named = {value for value in environment(pod).values() if str(value).startswith("/etc/omnitrack/")}
        assert {value for value in named if value.startswith(CATALOGUE_FOLDER)} <= {f"{CATALOGUE_FOLDER}catalogue.yaml"}
        assert {value.removeprefix(SECRETS) for value in named if value.startswith(SECRETS)} == files, name
        assert {str(Path(value).parent) + "/" for value in named} <= mounted, name
        assert {each["name"] for each in container(pod)["volumeMounts"]} == set(volumes), name


def test_the_settings_are_accepted(resources: list[Resource], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, pod in pods(resources):
        with monkeypatch.context() as patch:
            for variable, value in environment(pod).items():
                patch.setenv(variable, value if isinstance(value, str) else "https://given.example")
            if "faust" in container(pod)["command"]:
                assert NotifySettings().group_instance, name
                read_kafka_security()
            if "explore" in container(pod)["command"]:
                assert read_access("0.0.0.0").is_secure  # noqa: S104 -- what the container listens on
            ClickHouseSettings()


@pytest.mark.parametrize("values", [CERTIFICATES], ids=["mutual TLS"])
def test_a_clients_certificate_is_presented(values: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    worker = of_kind("StatefulSet", rendered(NEEDED | values))["omnitrack-worker"]["spec"]["template"]
    for name, value in environment(worker).items():
        monkeypatch.setenv(name, value if isinstance(value, str) else "given")
    security = read_kafka_security()
    assert security.tls
    assert (security.cert_file, security.key_file) == (
        Path(f"{SECRETS}kafka-client.crt"),
        Path(f"{SECRETS}kafka-client.key"),
    )


def test_a_process_is_told_only_the_secrets_that_it_needs(secured: list[Resource]) -> None:
    told = {name: {variable for variable in environment(pod) if re.search("PASSWORD|KEY|SECRET", variable)}
            for name, pod in pods(secured)}  # fmt: skip
    kafka, clickhouse = "OMNITRACK_KAFKA_PASSWORD_FILE", "OMNITRACK_CLICKHOUSE_PASSWORD_FILE"
    keys = {"OMNITRACK_PSEUDONYM_KEY_FILE", "OMNITRACK_PSEUDONYM_OLD_KEY_FILE"}
    assert told["omnitrack-worker"] == {kafka, "OMNITRACK_SCHEMA_REGISTRY_PASSWORD_FILE", *keys}
    assert told["omnitrack-sink"] == {kafka, clickhouse}
    assert told["omnitrack-alerts"] == told["omnitrack-notify-alertmanager"] == {kafka}
    assert told["omnitrack-migrate"] == {clickhouse}


def test_migrations_and_the_explorer_log_in_to_clickhouse_as_others_where_these_are_named(
    secured: list[Resource],
) -> None:
    users, secrets = {}, {}
    for name, pod in pods(secured):
        if "OMNITRACK_CLICKHOUSE" not in (told := environment(pod)):
            continue
        users[name] = urlsplit(told["OMNITRACK_CLICKHOUSE"]).username
        (projected,) = [each["projected"] for each in pod["spec"]["volumes"] if each["name"] == "secrets"]
        (secrets[name],) = [
            source["secret"]["name"]
            for source in projected["sources"]
            if source["secret"]["items"][0]["path"] == "clickhouse-password"
        ]
    assert users == {
        "omnitrack-sink": "omnitrack",
        "omnitrack-status": "omnitrack",
        "omnitrack-migrate": "omnitrack-admin",
        "omnitrack-explorer": "omnitrack-explorer",
    }
    assert secrets == {
        "omnitrack-sink": "clickhouse",
        "omnitrack-status": "clickhouse",
        "omnitrack-migrate": "clickhouse-admin",
        "omnitrack-explorer": "clickhouse-explorer",
    }


def test_an_image_of_a_known_content_is_named_by_its_digest() -> None:
    digest = f"sha256:{64 * '0'}"
    for _, pod in pods(rendered(NEEDED | {"image": {"repository": "bank/omnitrack", "digest": digest}})):
        assert re.fullmatch(rf"bank/omnitrack:[\d.]+@{digest}", container(pod)["image"])


def test_pods_fit_the_restricted_profile(resources: list[Resource]) -> None:
    for name, pod in pods(resources):
        assert pod["spec"]["securityContext"]["runAsNonRoot"], name
        assert pod["spec"]["securityContext"]["runAsUser"] == 10001, name
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["spec"]["automountServiceAccountToken"] is False, name
        assert container(pod)["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert {"emptyDir", "projected", "configMap"} >= {key for each in pod["spec"]["volumes"] for key in each} - {
            "name"
        }


def test_a_process_that_comes_back_has_its_name_again(resources: list[Resource]) -> None:
    services = of_kind("Service", resources)
    for name, each in of_kind("StatefulSet", resources).items():
        given = environment(each["spec"]["template"])["OMNITRACK_GROUP_INSTANCE"]
        assert given == {"fieldRef": {"fieldPath": "metadata.name"}}
        assert services[each["spec"]["serviceName"]]["spec"]["clusterIP"] == "None", name


def test_probes_ask_where_the_page_is(resources: list[Resource]) -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    assert f"OMNITRACK_METRICS_PORT={METRICS_PORT}" in dockerfile
    for each in of_kind("StatefulSet", resources).values():
        process = container(each["spec"]["template"])
        assert process["ports"] == [{"name": "metrics", "containerPort": METRICS_PORT}]
        asked = {probe: process[probe]["httpGet"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
        assert asked == {
            "startupProbe": {"path": "/health", "port": "metrics"},
            "livenessProbe": {"path": "/health", "port": "metrics"},
            "readinessProbe": {"path": "/ready", "port": "metrics"},
        }


def test_each_selector_means_the_pods_of_one_kind(resources: list[Resource]) -> None:
    makers = {name: pod for name, pod in pods(resources) if name in of_kind("StatefulSet", resources)}
    for kind in ("StatefulSet", "Service", "PodDisruptionBudget"):
        for name, each in of_kind(kind, resources).items():
            selector = each["spec"]["selector"]
            meant = [maker for maker, pod in makers.items() if matches(selector.get("matchLabels", selector), pod)]
            assert meant == ([name] if name in makers else []), (kind, name)


def test_each_pod_has_a_network_policy_of_its_own_and_reaches_what_it_needs(resources: list[Resource]) -> None:
    policies = of_kind("NetworkPolicy", resources)
    for name, pod in pods(resources):
        meant = [policy for policy in policies.values() if matches(policy["spec"]["podSelector"]["matchLabels"], pod)]
        (policy,) = meant
        open_ports = {port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]}
        told = environment(pod)
        needed = {"OMNITRACK_KAFKA": r":(\d+)(?:,|$)", "OMNITRACK_CLICKHOUSE": r":(\d+)/"}
        asked = {
            int(port) for variable, pattern in needed.items() for port in re.findall(pattern, told.get(variable, ""))
        }
        assert asked | {53} <= open_ports, name


def test_the_migration_comes_before_a_new_version_and_has_its_own_catalogue(resources: list[Resource]) -> None:
    job = of_kind("Job", resources)["omnitrack-migrate"]
    volume = next(each for each in job["spec"]["template"]["spec"]["volumes"] if each["name"] == "catalogue")
    catalogue = of_kind("ConfigMap", resources)[volume["configMap"]["name"]]
    for each in (job, catalogue):
        hooks = each["metadata"]["annotations"]["helm.sh/hook"].split(",")
        made_here = bool(of_kind("ClickHouseInstallation", resources))
        assert hooks == ["post-install" if made_here else "pre-install", "pre-upgrade"]
    weights = [int(each["metadata"]["annotations"].get("helm.sh/hook-weight", "0")) for each in (catalogue, job)]
    assert weights == sorted(weights)


def test_the_catalogue_arrives_as_it_is(resources: list[Resource]) -> None:
    maps = of_kind("ConfigMap", resources)
    for name in ("omnitrack-catalogue", "omnitrack-migrate"):
        assert maps[name]["data"]["catalogue.yaml"] == CATALOGUE.read_text()


def test_a_changed_catalogue_restarts_those_who_read_it() -> None:
    def sums(text: str) -> dict[str, str | None]:
        made = of_kind("StatefulSet", rendered(NEEDED | {"catalogue": text}))
        return {
            name: each["spec"]["template"]["metadata"]["annotations"].get("checksum/catalogue")
            for name, each in made.items()
        }

    one, other = sums("horizon: 45d\n"), sums("horizon: 30d\n")
    assert {name for name in one if one[name] != other[name]} == {"omnitrack-worker", "omnitrack-alerts"}
