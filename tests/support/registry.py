"""Apicurio Registry as a child process of the tests: a schema registry with the API of Confluent's."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from omnitrack.ports import LOOPBACK, free_port
from tests.support.child import Child
from tests.support.ci import in_ci
from tests.support.kafka_jars import ApacheKafkaUnavailable, fetched_jars, java

POM = Path(__file__).parents[2] / "deploy" / "registry" / "pom.xml"
START_SECONDS = 120.0
QUICK_START = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")


@dataclass(slots=True)
class Registry:
    """A registry that keeps its schemas in memory; `url` is that of its API."""

    child: Child
    url: str

    @classmethod
    @contextmanager
    def started(cls, folder: Path) -> Iterator[Registry]:
        """On the loopback interface. Raises ApacheKafkaUnavailable without Java, Maven or what that fetches."""
        [jar] = registry_files().glob("*-runner.jar")
        address = f"{LOOPBACK}:{free_port()}"
        host, _, port = address.partition(":")
        options = [f"-Dquarkus.http.host={host}", f"-Dquarkus.http.port={port}"]
        child = Child.spawn("Apicurio Registry", [java(), *QUICK_START, *options, "-jar", str(jar)], folder / "log")
        registry = cls(child, f"http://{address}/apis/ccompat/v7")
        try:
            registry._await_answer()
            yield registry
        finally:
            child.kill()

    def register(self, subject: str, schema: Any, **more: Any) -> int:
        """Register a version of the subject; returns the schema's id."""
        body = json.dumps({"schema": json.dumps(schema), **more}).encode()
        request = Request(f"{self.url}/subjects/{subject}/versions", body, {"Content-Type": "application/json"})  # noqa: S310 -- our own
        with urlopen(request, timeout=30) as answer:  # noqa: S310 -- our own
            return int(json.load(answer)["id"])

    def _await_answer(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with urlopen(f"{self.url}/subjects", timeout=5):  # noqa: S310 -- our own
                    return
            except (URLError, OSError):
                if not self.child.is_running or time.monotonic() > deadline:
                    raise self.child.failure("did not answer") from None
                time.sleep(0.2)


def registry_files() -> Path:
    """The registry's folder. Only its first use needs Maven and the network; raises as `kafka_jars`."""
    return fetched_jars(POM, "registry", "unpack-dependencies")


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A schema registry that tests share; in CI it may not be missing."""
    try:
        with Registry.started(tmp_path_factory.mktemp("registry")) as started:
            yield started
    except ApacheKafkaUnavailable as error:
        if in_ci():
            pytest.fail(f"CI must test on it: no schema registry: {error}")
        pytest.skip(f"no schema registry: {error}")


if __name__ == "__main__":
    try:
        java()
        registry_files()
    except ApacheKafkaUnavailable as error:
        sys.exit(f"no schema registry: {error}")
    print(f"schema registry: {registry_files()}")
