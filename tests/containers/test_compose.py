"""compose.yaml as people use it: built, started, and asked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator

import pytest

from omnitrack.ports import free_port
from tests.containers.servers import NO_DOCKER, require_docker
from tests.deploy.compose import example, make_secrets
from tests.deploy.known import ROOT

COMPOSE = (shutil.which("docker") or "docker", "compose")
SERVICES = ("worker", "sink", "alerts", "notify-alertmanager", "alertmanager", "explorer", "prometheus")
SECONDS, HEALTHY_SECONDS = 1_500, 300.0

Compose = Callable[..., str]


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    """`docker compose` on a copy of the project, under a name, with secrets and on ports of its own."""
    require_docker()
    _require_compose()
    folder = tmp_path_factory.mktemp("project")
    for path in (*_sent_to_the_builder(), "deploy"):
        source = ROOT / path
        if source.is_dir():
            shutil.copytree(source, folder / path, ignore=shutil.ignore_patterns("secrets", ".env", "__pycache__"))
        else:
            shutil.copy(source, folder)
    shutil.copy(ROOT / ".dockerignore", folder)
    make_secrets(folder / "deploy" / "secrets")
    ports = {name: str(free_port()) for name in example() if name.endswith("_PORT")}
    project = f"omnitrack-test-{uuid.uuid4().hex[:8]}"

    def run(*arguments: str) -> str:
        command = [*COMPOSE, "--project-name", project, "--file", "deploy/compose.yaml", *arguments]
        told = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **ports},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert told.returncode == 0, told.stdout[-4000:] + told.stderr[-4000:]
        return told.stdout

    try:
        run("up", "--build", "--detach", *SERVICES)
        yield run
    finally:
        run("down", "--volumes", "--remove-orphans")


@pytest.mark.timeout(SECONDS + 300)
def test_a_bank_that_is_played_into_it_is_stored_and_every_record_has_one_fate(compose: Compose) -> None:
    compose("run", "--rm", "omnitrack", "simulate", "--customers", "30", "--days", "2")
    compose("run", "--rm", "omnitrack", "drain", "--timeout", "300")

    compose("run", "--rm", "omnitrack", "audit")  # fails where it does not add up
    stored = compose("run", "--rm", "omnitrack", "sql", "SELECT DISTINCT channel FROM touchpoints")
    assert {"mobile_app", "branch"} <= set(stored.split())


@pytest.mark.timeout(SECONDS + 300)
def test_every_container_becomes_healthy(compose: Compose) -> None:
    deadline = time.monotonic() + HEALTHY_SECONDS
    while ill := _not_healthy(compose):
        assert time.monotonic() < deadline, ill
        time.sleep(1.0)


def _not_healthy(compose: Compose) -> dict[str, str]:
    lines = compose("ps", "--all", "--format", "json", *SERVICES).splitlines()
    found = {each["Service"]: each["Health"] for each in map(json.loads, lines)}
    return {name: found.get(name, "not there") for name in SERVICES if found.get(name) != "healthy"}


def _sent_to_the_builder() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return [line[1:] for line in lines if line.startswith("!")]


def _require_compose() -> None:
    told = subprocess.run([*COMPOSE, "version"], capture_output=True, text=True, timeout=60, check=False)
    if told.returncode != 0:
        pytest.skip(f"{NO_DOCKER} with the plugin compose: {told.stderr.strip()}")
