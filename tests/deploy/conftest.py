"""The chart as its examples render it, and compose.yaml as compose-go reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.deploy.chart import EXAMPLE_NAMES, Resource, example
from tests.deploy.compose import IMAGE, make_secrets, model_of


@pytest.fixture(params=EXAMPLE_NAMES)
def resources(request: pytest.FixtureRequest) -> list[Resource]:
    return example(request.param)


@pytest.fixture
def secured() -> list[Resource]:
    return example("secured.yaml")


@pytest.fixture
def operators() -> list[Resource]:
    return example("operators.yaml")


@pytest.fixture(scope="session")
def model() -> dict[str, Any]:
    return model_of({})


@pytest.fixture(scope="session")
def services(model: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = model["services"]
    return found


@pytest.fixture(scope="session")
def own(services: dict[str, Any]) -> dict[str, Any]:
    """Those that run our image."""
    return {name: service for name, service in services.items() if IMAGE.match(service["image"])}


@pytest.fixture
def secrets_folder(tmp_path: Path) -> Path:
    make_secrets(tmp_path / "secrets")
    return tmp_path / "secrets"
