"""What every test runs under: brokers, the report of skips, Hypothesis' profiles, no network, no leftovers."""

from __future__ import annotations

pytest_plugins = ["tests.support.skips", "tests.support.brokers"]
