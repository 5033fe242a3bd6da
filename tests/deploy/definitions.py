"""The definitions of custom resources, from those who define them: Strimzi, KEDA, the Prometheus operator.

Altinity's operator publishes its own in no package index that is used here.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from filelock import FileLock
from ruamel.yaml import YAML

from tests.support.ci import in_ci
from tests.support.go_tools import require_go_module
from tests.support.kafka_jars import ApacheKafkaUnavailable, cache_folder, fetched_jars, java

STRIMZI = Path(__file__).with_name("strimzi.xml")
GENERATOR = "io.strimzi.crdgenerator.CrdGenerator"
COMMON = ("apiVersion", "kind", "metadata")
STRIMZI_KINDS = ("kafka.Kafka", "nodepool.KafkaNodePool", "topic.KafkaTopic", "user.KafkaUser")
MODULES = {
    ("github.com/kedacore/keda/v2", "v2.21.0"): (
        "config/crd/bases/keda.sh_scaledobjects.yaml",
        "config/crd/bases/keda.sh_triggerauthentications.yaml",
    ),
    ("github.com/prometheus-operator/prometheus-operator", "v0.85.0"): (
        "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
        "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
    ),
}

Schemas = dict[str, dict[str, Any]]


def require_definitions() -> Schemas:
    """The JSON Schema of each `apiVersion/kind`, closed: a field that is not defined is refused.

    Skips where Go, Java or Maven are missing; in CI only Go may be.
    """
    wanted = cache_folder() / f"definitions-{_fingerprint()}.json"
    wanted.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(wanted.with_suffix(".lock")):
        if not wanted.exists():
            schemas = dict(_schemas())
            draft = wanted.with_suffix(".draft")
            draft.write_text(json.dumps(schemas))
            draft.rename(wanted)
    found: Schemas = json.loads(wanted.read_text())
    return found


def closed(schema: Any) -> Any:
    """`schema` as a JSON Schema that refuses fields which are not defined, where it does not allow them itself.

    A Kubernetes server drops those without a word.
    """
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(each) for name, each in schema.items() if name not in ("description", "format")}
    if schema.get("x-kubernetes-int-or-string"):
        made["type"] = ["integer", "string"]
    open_to_more = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object" and not open_to_more:
        made["additionalProperties"] = False
    return made


def _fingerprint() -> str:
    said = STRIMZI.read_text() + Path(__file__).read_text()
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def _schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    for text in (*_of_modules(), *_of_strimzi()):
        definition = YAML(typ="safe").load(text)["spec"]
        for version in definition["versions"]:
            name = f"{definition['group']}/{version['name']}/{definition['names']['kind']}"
            schema = closed(version["schema"]["openAPIV3Schema"])
            # Every resource has these, whether its definition says so or not.
            yield (
                name,
                schema | {"properties": schema["properties"] | {common: {} for common in COMMON}},
            )


def _of_modules() -> Iterator[str]:
    for (path, version), files in MODULES.items():
        folder = require_go_module(path, version)
        for file in files:
            yield (folder / file).read_text()


def _of_strimzi() -> Iterator[str]:
    try:
        jars, program = fetched_jars(STRIMZI, "strimzi"), java()
    except ApacheKafkaUnavailable as error:
        _missing(f"no definitions of Strimzi's resources: {error}")
    generator = next(jars.glob("crd-generator-*.jar"))
    path = [*(str(jar) for jar in jars.glob("*.jar") if jar != generator), str(generator)]
    with tempfile.TemporaryDirectory() as scratch:
        for kind in STRIMZI_KINDS:
            made = Path(scratch) / f"{kind}.yaml"
            subprocess.run(
                [program, "-cp", ":".join(path), GENERATOR, "--yaml", "--target-kube", "1.16+",
                 f"io.strimzi.api.kafka.model.{kind}={made}"],
                check=True, capture_output=True, timeout=120,
            )  # fmt: skip
            yield made.read_text()


def _missing(reason: str) -> NoReturn:
    if in_ci():
        pytest.fail(f"CI must test with it: {reason}")
    pytest.skip(reason)
