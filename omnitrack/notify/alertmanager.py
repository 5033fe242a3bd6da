"""Alerts to Alertmanager: `faust -A omnitrack.notify.alertmanager worker`.

Importing this reads the settings from the environment, and does no I/O.
"""

from __future__ import annotations

from omnitrack.notify.app import NobodyToTell, create_notify
from omnitrack.notify.settings import NotifySettings
from sinks.alertmanager.receiver import Alertmanager
from streams.batching import BatchApp


def create_alertmanager_notify(settings: NotifySettings) -> BatchApp:
    """The app that tells Alertmanager."""

    def receiver() -> Alertmanager:
        if settings.alertmanager is None:
            raise NobodyToTell("OMNITRACK_ALERTMANAGER is not set: the URL of Alertmanager, http://127.0.0.1:9093")
        return Alertmanager(settings.alertmanager.get_secret_value(), settings.alertmanager_refresh)

    return create_notify(Alertmanager.name, settings, receiver, settings.alertmanager_refresh)


app = create_alertmanager_notify(NotifySettings())
