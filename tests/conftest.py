"""What every test runs under; `--allow-hosts` in pyproject.toml keeps them on the loopback interface."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.support.ci import in_ci
from tests.support.same_examples import draw_no_constants_of_the_project

pytest_plugins = [
    "tests.support.skips",
    "tests.support.leftovers",
    "tests.support.environment",
    "tests.support.brokers",
    "tests.support.secure_kafka",
    "tests.support.clickhouse",
    "tests.support.wheel",
    "tests.support.registry",
]

# No deadline per example: the machine is shared, and slowness is a benchmark's business.
COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

settings.register_profile("dev", COMMON, max_examples=50)
# CI takes the same examples every time: a change is refused for what it breaks, not by chance.
settings.register_profile("ci", COMMON, max_examples=100, derandomize=True, print_blob=True)
# By hand, after a change to the core: pytest tests/reference --hypothesis-profile=deep
settings.register_profile("deep", COMMON, max_examples=20_000)
settings.load_profile("ci" if in_ci() else "dev")
if in_ci():
    draw_no_constants_of_the_project()
