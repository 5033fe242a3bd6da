"""The environment of a test, without what whoever runs it has set for omnitrack."""

from __future__ import annotations

import os

import pytest


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OMNITRACK_")]:
        monkeypatch.delenv(name)
