"""Debian's Prometheus with the configuration of `deploy/prometheus`, on loopback."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode
from urllib.request import urlopen

from omnitrack.ports import LOOPBACK, free_port
from omnitrack.runtime import write_targets
from tests.support.child import Child
from tests.support.debian import require_program

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "prometheus"


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running server."""

    child: Child
    url: str

    @classmethod
    @contextmanager
    def started(cls, folder: Path, targets: Mapping[str, str]) -> Iterator[Self]:
        """A server in `folder`, laid out as the project is, that scrapes `targets` every second."""
        program = require_program("prometheus")
        config = folder / "deploy" / "prometheus"
        shutil.copytree(CONFIGURATION, config)
        text = (config / "prometheus.yml").read_text()
        (config / "prometheus.yml").write_text(text.replace("_interval: 15s", "_interval: 1s"))
        (folder / ".omnitrack").mkdir()
        write_targets(folder / ".omnitrack", targets)
        address = f"{LOOPBACK}:{free_port()}"
        command = [program, f"--config.file={config / 'prometheus.yml'}", f"--web.listen-address={address}"]
        child = Child.spawn("Prometheus", [*command, f"--storage.tsdb.path={folder / 'tsdb'}"], folder / "log")
        try:
            yield cls(child, f"http://{address}")
        finally:
            child.kill()

    def values(self, expression: str) -> list[float]:
        """The values of a query now; none while the server does not answer."""
        answer = self._ask("query", query=expression)
        return [float(one["value"][1]) for one in answer.get("data", {}).get("result", ())]

    def rules_failing(self) -> list[str] | None:
        """The rules that cannot be evaluated; None while some were not yet."""
        groups = self._ask("rules").get("data", {}).get("groups", [])
        rules = [rule for group in groups for rule in group["rules"]]
        if not rules or any(rule["health"] == "unknown" for rule in rules):
            return None
        return [rule["name"] for rule in rules if rule["health"] != "ok"]

    def _ask(self, what: str, **parameters: str) -> dict[str, Any]:
        try:
            with urlopen(f"{self.url}/api/v1/{what}?{urlencode(parameters)}", timeout=10) as answer:  # noqa: S310 -- our own
                found: dict[str, Any] = json.load(answer)
                return found
        except OSError:
            return {}
