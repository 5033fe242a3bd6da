"""Debian's Alertmanager on loopback, which may die and come back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from omnitrack.ports import LOOPBACK, free_port
from tests.support.child import Child
from tests.support.debian import require_program

CONFIGURATION = """
route:
  receiver: inbox
  group_by: ["..."]
  group_wait: 0s
  group_interval: 1s
receivers:
  - name: inbox
    webhook_configs:
      - {{url: "{inbox}", send_resolved: true}}
"""


class AlertmanagerServer:
    """A server that pages `inbox` of each alert by itself, at once."""

    def __init__(self, folder: Path, inbox: str) -> None:
        self._program = require_program("prometheus-alertmanager")
        self._folder = folder
        self._address = f"{LOOPBACK}:{free_port()}"
        self.url = f"http://{self._address}"
        (folder / "alertmanager.yml").write_text(CONFIGURATION.format(inbox=inbox))
        self.child = self.start()

    def start(self) -> Child:
        options = (
            f"--config.file={self._folder / 'alertmanager.yml'}",
            f"--storage.path={self._folder / 'data'}",
            f"--web.listen-address={self._address}",
            "--cluster.listen-address=",
        )
        self.child = Child.spawn("Alertmanager", [self._program, *options], self._folder / "alertmanager.log")
        return self.child

    def alerts(self, subject: str) -> list[dict[str, Any]]:
        """The alerts that fire on a subject, as its API tells them; none while it does not answer."""
        try:
            with urlopen(f"{self.url}/api/v2/alerts", timeout=10) as answer:  # noqa: S310 -- our own
                found = json.load(answer)
        except OSError:
            return []
        return [alert for alert in found if alert["annotations"].get("subject") == subject]
