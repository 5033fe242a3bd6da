"""Programs of Debian's packages that tests run for real; `.ci/run` installs them."""

from __future__ import annotations

import shutil

import pytest

from tests.support.ci import in_ci

PACKAGES = {
    "promtool": "prometheus",
    "prometheus": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
}


def require_program(name: str) -> str:
    """The path of a program; without it the test is skipped, and fails in CI."""
    found = shutil.which(name)
    if found is None:
        reason = f"{name} is not installed (Debian: apt-get install --no-install-recommends {PACKAGES[name]})"
        if in_ci():
            pytest.fail(f"CI must test with it: {reason}")
        pytest.skip(reason)
    return found
