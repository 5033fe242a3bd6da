"""Alerts to Alertmanager: `faust -A omnitrack.notify.alertmanager worker`.

Importing this reads the settings from the environment, and Kafka's certificates.
"""

from __future__ import annotations

from omnitrack.notify.app import create_notify
from omnitrack.notify.settings import NotifySettings

settings = NotifySettings()
app = create_notify("alertmanager", settings, refresh_seconds=settings.alertmanager_refresh)
