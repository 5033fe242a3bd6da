"""The receivers of alerts as the settings name them."""

from __future__ import annotations

from omnitrack.notify.settings import NotifySettings
from sinks.alertmanager.receiver import Alertmanager
from sinks.notices import Receiver
from sinks.webhook.receiver import Webhook
from sinks.webhook.signature import SecretError, read_secrets
from streams.batching import Ending


class NobodyToTell(Ending):
    """The settings name no receiver that can be told."""


def receiver_of(name: str, settings: NotifySettings) -> Receiver:
    """The receiver of that name. Raises `NobodyToTell`."""
    return _alertmanager(settings) if name == Alertmanager.name else _webhook(settings)


def _alertmanager(settings: NotifySettings) -> Alertmanager:
    if settings.alertmanager is None:
        raise NobodyToTell("OMNITRACK_ALERTMANAGER is not set: the URL of Alertmanager, http://127.0.0.1:9093")
    return Alertmanager(settings.alertmanager.get_secret_value(), settings.alertmanager_refresh)


def _webhook(settings: NotifySettings) -> Webhook:
    if settings.webhook is None:
        raise NobodyToTell("OMNITRACK_WEBHOOK is not set: the URL that alerts are posted to")
    if settings.webhook_secret_file is None:
        raise NobodyToTell("OMNITRACK_WEBHOOK_SECRET_FILE is not set: the file with the secret that signs posts")
    try:
        secrets = read_secrets(settings.webhook_secret_file)
    except SecretError as error:
        raise NobodyToTell(f"OMNITRACK_WEBHOOK_SECRET_FILE: {error}") from error
    return Webhook(settings.webhook.get_secret_value(), secrets)
