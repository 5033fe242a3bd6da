"""The rules for Prometheus: its tool takes them, each is tried both ways, and asks for meters that there are."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from ruamel.yaml import YAML

import explorer.meters  # noqa: F401 -- registers its meters
import sinks.meters  # noqa: F401 -- registers its meters
import streams.app as streams_app
from streams.batching.app_meters import ClockMeter
from tests.support.debian import require_program
from tests.support.prometheus import CONFIGURATION

RULES = CONFIGURATION / "rules.yml"
TRIED = Path(__file__).with_name("prometheus_rules.yml")
COMMANDS = {
    "the rules": ("promtool", "check", "rules", RULES),
    "the configuration": ("promtool", "check", "config", CONFIGURATION / "prometheus.yml"),
    "how the rules are tried": ("promtool", "test", "rules", TRIED),
    "the routes of Alertmanager": ("amtool", "check-config", CONFIGURATION / "alertmanager.yml"),
}


def read(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def rules() -> list[dict[str, Any]]:
    return [rule for group in read(RULES)["groups"] for rule in group["rules"]]


def known_meters() -> set[str]:
    """The names of our meters, and those of a process that the library adds."""
    families = (*REGISTRY.collect(), *streams_app.app.meters.collect(), *ClockMeter(dict).collect())
    return {family.name for family in families}


@pytest.mark.parametrize("what", COMMANDS)
def test_its_tool_finds_no_fault_with(what: str) -> None:
    program, *arguments = COMMANDS[what]
    command = [require_program(str(program)), *map(str, arguments)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_each_rule_is_tried_in_quiet_and_in_trouble() -> None:
    names = {rule["alert"] for rule in rules()}
    quiet, trouble = (
        {case["alertname"] for case in test["alert_rule_test"] if bool(case.get("exp_alerts")) is alerts}
        for test, alerts in zip(read(TRIED)["tests"], (False, True), strict=True)
    )
    assert quiet == trouble == names


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_asks_for_meters_that_there_are(rule: dict[str, Any]) -> None:
    asked = re.findall(r"\b((?:omnitrack|process)_\w+)\b(?=[{\[)\s])", rule["expr"])
    assert asked or rule["expr"].startswith("up{")
    assert {re.sub("_(total|bucket)$", "", name) for name in asked} <= known_meters()


def test_the_operators_guide_says_what_each_alert_means() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    assert re.findall(r"^### (Omnitrack\w+)$", guide, re.MULTILINE) == [rule["alert"] for rule in rules()]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_who_is_woken_reads_what_to_do_first_and_where_there_is_more(rule: dict[str, Any]) -> None:
    first, _, place = rule["annotations"]["description"].rpartition(" ")
    assert first.endswith(".")
    assert place == f"docs/operations.md#{rule['alert'].lower()}"
