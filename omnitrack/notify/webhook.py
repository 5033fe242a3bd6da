"""Alerts to a webhook: `faust -A omnitrack.notify.webhook worker`.

Importing this reads the settings from the environment, and Kafka's certificates.
"""

from __future__ import annotations

from omnitrack.notify.app import create_notify
from omnitrack.notify.settings import NotifySettings

app = create_notify("webhook", NotifySettings())
