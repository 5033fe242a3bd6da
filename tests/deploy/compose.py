"""compose.yaml as compose-go reads it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.deploy.known import DEPLOY
from tests.support.go_tools import COMPOSE, require_go_program

FILES = DEPLOY / "compose"
IMAGE = re.compile(r"^omnitrack:")


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


def make_secrets(folder: Path) -> str:
    command = ["/bin/sh", str(FILES / "secrets.sh"), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def example() -> dict[str, str]:
    lines = (DEPLOY / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def variables(service: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in service.get("environment", {}).items() if name.startswith("OMNITRACK_")}
