"""The Helm chart renders what Kubernetes and the operators take, and refuses what it cannot render."""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from tests.deploy.chart import (
    CATALOGUE,
    CHART,
    EXAMPLE_NAMES,
    EXAMPLES,
    NEEDED,
    HelmRefused,
    Resource,
    example,
    helm,
    rendered,
)
from tests.deploy.definitions import Schemas, require_definitions
from tests.deploy.known import DEPLOY, ROOT

OLDEST = "1.27"
ALTINITY = ("clickhouse.altinity.com", "clickhouse-keeper.altinity.com")


@pytest.fixture(scope="module")
def definitions() -> Schemas:
    return require_definitions()


def faults(resource: Resource, definitions: Schemas) -> list[str]:
    """What a Kubernetes server, the oldest supported and the newest known, or an operator would not take."""
    kind = f"{resource['apiVersion']}/{resource['kind']}"
    if kind in definitions:
        return [
            f"{each.json_path}: {each.message}" for each in Draft7Validator(definitions[kind]).iter_errors(resource)
        ]
    for version in (OLDEST, kubernetes_validate.latest_version()):
        try:
            kubernetes_validate.validate(resource, version, strict=True)
        except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
            return [f"Kubernetes {version}: {error}"]
    return []


def is_judged(resource: Resource) -> bool:
    """Whether there is a definition here to judge it by."""
    return resource["apiVersion"].partition("/")[0] not in ALTINITY


@pytest.mark.parametrize("name", EXAMPLE_NAMES)
def test_helm_finds_no_fault(name: str) -> None:
    helm("lint", "--strict", CHART, "--values", EXAMPLES / name, "--set-file", f"catalogue={CATALOGUE}")


def test_kubernetes_and_the_operators_take_everything(resources: list[Resource], definitions: Schemas) -> None:
    found = {each["metadata"]["name"]: faults(each, definitions) for each in resources if is_judged(each)}
    assert {name: told for name, told in found.items() if told} == {}


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("StatefulSet", {"replica": 2}),
        ("Job", {"backoffLimit": "many"}),
        ("ScaledObject", {"maxReplicas": 2}),
        ("Kafka", {"zookeeper": {}}),
        ("KafkaTopic", {"partitions": "12"}),
        ("ServiceMonitor", {"endpoint": []}),
    ],
)
def test_what_they_would_not_take_is_noticed(kind: str, wrong: Resource, definitions: Schemas) -> None:
    everything = [*example("secured.yaml"), *example("operators.yaml")]
    resource = next(each for each in everything if each["kind"] == kind)
    assert faults(resource, definitions) == []
    assert faults(resource | {"spec": resource["spec"] | wrong}, definitions)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"kafka": {}}, "kafka.bootstrap is missing"),
        ({"clickhouse": {}}, "clickhouse.url is missing"),
        ({"explorer": {"url": "https://x.example"}}, "the explorer needs a login"),
        ({"explorer": {"usersSecret": {"name": "users"}}}, "explorer.url must be the https:// address"),
        ({"explorer": NEEDED["explorer"] | {"replicas": 2}}, "explorer.sessionSecret.name is missing"),
        ({"kafka": {"bootstrap": "k:9093", "security": "SASL_SSL"}}, "kafka.user is missing"),
        ({"notifyAlertmanager": {"enabled": True}}, "notifyAlertmanager.url is missing"),
        ({"notifyWebhook": {"enabled": True}}, "notifyWebhook.urlSecret.name is missing"),
        ({"altinity": {"enabled": True}}, "clickhouse.passwordSecret.name is missing"),
        ({"kafka": {"bootstrap": "kafka"}}, "kafka.bootstrap"),
        ({"clickhouse": {"url": "clickhouse://u:secret@c/omnitrack"}}, "clickhouse.url"),
        ({"workers": {"replicas": 3}}, "workers"),
        ({"worker": {"replicas": "three"}}, "worker.replicas"),
    ],
)
def test_a_mistake_in_the_values_is_told(values: dict[str, Any], told: str) -> None:
    with pytest.raises(HelmRefused) as refused:
        rendered(NEEDED | values)
    assert told in str(refused.value).replace("/", ".") or told in str(refused.value)


def test_the_schema_knows_every_value() -> None:
    def known(schema: Any, values: Any, path: str) -> list[str]:
        if not isinstance(values, dict) or "properties" not in schema:
            return []
        missing = [f"{path}.{name}" for name in values.keys() ^ schema["properties"].keys()]
        both = values.keys() & schema["properties"].keys()
        return missing + [
            each for name in both for each in known(schema["properties"][name], values[name], f"{path}.{name}")
        ]

    schema = json.loads((CHART / "values.schema.json").read_text())
    values = YAML(typ="safe").load(CHART / "values.yaml")
    assert known(schema, values, "") == [".global"]  # Helm's own


def test_versions_are_those_of_the_project() -> None:
    chart = YAML(typ="safe").load(CHART / "Chart.yaml")
    project = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert project is not None
    assert chart["appVersion"] == project[1]
    images = re.findall(r"clickhouse/clickhouse-(?:server|keeper):\S+", (CHART / "values.yaml").read_text())
    assert sorted(images) == sorted(
        re.findall(r"clickhouse/clickhouse-(?:server|keeper):\S+", (DEPLOY / "compose.yaml").read_text())
    )


def test_a_packed_chart_holds_the_rules(tmp_path: Path) -> None:
    helm("package", CHART, "--destination", tmp_path)
    (packed,) = tmp_path.glob("omnitrack-*.tgz")
    with tarfile.open(packed) as archive:
        member = archive.extractfile("omnitrack/files/rules.yml")
        assert member is not None
        assert member.read() == (DEPLOY / "prometheus" / "rules.yml").read_bytes()
