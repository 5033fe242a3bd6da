"""The Helm chart as Helm renders it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.deploy.known import DEPLOY
from tests.support.go_tools import HELM, require_go_program

CHART = DEPLOY / "helm" / "omnitrack"
EXAMPLES = DEPLOY / "helm" / "examples"
EXAMPLE_NAMES = sorted(path.name for path in EXAMPLES.glob("*.yaml"))
CATALOGUE = DEPLOY / "catalogue.yaml"
RELEASE, NAMESPACE = "omnitrack", "bank"
NEEDED: dict[str, dict[str, Any]] = {
    "kafka": {"bootstrap": "kafka:9092"},
    "clickhouse": {"url": "clickhouse://omnitrack@clickhouse:9000/omnitrack"},
    "explorer": {"url": "https://omnitrack.bank.example", "usersSecret": {"name": "explorer"}},
}
"""The least that has to be said."""

Resource = dict[str, Any]


class HelmRefused(Exception):
    """Helm renders nothing; the message has its words."""


def helm(*arguments: str | Path) -> str:
    """What Helm says. Raises `HelmRefused`."""
    command = [require_go_program(HELM), *map(str, arguments)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if told.returncode != 0:
        raise HelmRefused(told.stderr + told.stdout)
    return told.stdout


def rendered(values: Mapping[str, Any]) -> list[Resource]:
    """The resources of the chart with these values."""
    said = [("--set-json", f"{name}={json.dumps(value)}") for name, value in values.items()]
    return _rendered(*(word for each in said for word in each))


@cache
def example(name: str) -> list[Resource]:
    """Those with the values of an example, and the example of a catalogue."""
    return _rendered("--values", str(EXAMPLES / name), "--set-file", f"catalogue={CATALOGUE}")


def of_kind(kind: str, resources: list[Resource]) -> dict[str, Resource]:
    """Those of one kind, by name."""
    return {each["metadata"]["name"]: each for each in resources if each["kind"] == kind}


def pods(resources: list[Resource]) -> Iterator[tuple[str, Resource]]:
    """The pods, or templates of pods, by the name of what makes them."""
    for each in resources:
        if each["kind"] in ("StatefulSet", "Deployment", "Job"):
            yield each["metadata"]["name"], each["spec"]["template"]
        elif each["kind"] == "Pod":
            yield each["metadata"]["name"], each


def container(pod: Resource) -> Resource:
    (only,) = pod["spec"]["containers"]
    found: Resource = only
    return found


def environment(pod: Resource) -> dict[str, Any]:
    """The variables of its container; one that comes from elsewhere says from where."""
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container(pod)["env"]}


def _rendered(*options: str) -> list[Resource]:
    text = helm("template", RELEASE, CHART, "--namespace", NAMESPACE, *options)
    return [each for each in YAML(typ="safe").load_all(text) if each is not None]
