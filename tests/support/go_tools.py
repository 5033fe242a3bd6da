"""Programs and files of Go modules that judge what is deployed, fetched once into the user's cache folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
from filelock import FileLock

from tests.support.ci import in_ci
from tests.support.kafka_jars import cache_folder

USUAL_PLACE = "/usr/local/go/bin"
NO_GO = "no Go toolchain"
BUILD_SECONDS = 900


class GoFailed(RuntimeError):
    """Go did not build or fetch what was asked for; the message has its own words."""


@dataclass(frozen=True, slots=True)
class GoProgram:
    """A program that `go install` builds; `package` is its import path."""

    name: str
    package: str
    version: str


HELM = GoProgram("helm", "helm.sh/helm/v4/cmd/helm", "v4.3.1")
COMPOSE = GoProgram("compose-spec", "github.com/compose-spec/compose-go/v2/cmd", "v2.16.2")


def require_go_program(wanted: GoProgram) -> str:
    """Its path; without Go the test is skipped. A failing build fails the test in CI, and skips it elsewhere."""
    _require_go()
    try:
        return str(built(wanted))
    except GoFailed as error:
        _give_up(str(error))


def require_go_module(path: str, version: str) -> Path:
    """The folder of a module's files; under the same conditions."""
    _require_go()
    try:
        told = _go("mod", "download", "-json", f"{path}@{version}")
    except GoFailed as error:
        _give_up(str(error))
    return Path(json.loads(told)["Dir"])


def go() -> str | None:
    """The Go command, from the PATH or where its installer puts it; None: there is none."""
    return shutil.which("go") or shutil.which("go", path=USUAL_PLACE)


def built(wanted: GoProgram) -> Path:
    """The program in the cache folder, built if it is not there. Raises `GoFailed`."""
    program = cache_folder() / f"{wanted.name}-{wanted.version}"
    program.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(program.with_name(f"{program.name}.lock")):
        if not program.exists():
            _build(wanted, program)
    return program


def _build(wanted: GoProgram, program: Path) -> None:
    with tempfile.TemporaryDirectory(dir=program.parent) as scratch:
        _go("install", "-ldflags=-s -w", f"{wanted.package}@{wanted.version}", GOBIN=scratch)
        (made,) = Path(scratch).iterdir()
        made.rename(program)


def _go(*arguments: str, **settings: str) -> str:
    command = [go() or "go", *arguments]
    environment: Mapping[str, str] = {**os.environ, "CGO_ENABLED": "0", **settings}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False, cwd="/"
        )
    except (subprocess.TimeoutExpired, FileNotFoundError) as error:
        raise GoFailed(f"`go {' '.join(arguments)}`: {error}") from error
    if done.returncode != 0:
        last_lines = "\n".join(done.stderr.splitlines()[-10:])
        raise GoFailed(f"`go {' '.join(arguments)}` failed:\n{last_lines}")
    return done.stdout


def _require_go() -> None:
    if go() is None:
        pytest.skip(f"{NO_GO}: install one (https://go.dev/dl)")


def _give_up(reason: str) -> NoReturn:
    if in_ci():
        pytest.fail(f"CI must test with it: {reason}")
    pytest.skip(reason)


if __name__ == "__main__":
    if go() is None:
        sys.exit(f"{NO_GO}: the chart and the compose file are not checked")
    for each in (HELM, COMPOSE):
        print(f"{each.name}: {built(each)}")
