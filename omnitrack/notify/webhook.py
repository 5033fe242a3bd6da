"""Alerts to a webhook: `faust -A omnitrack.notify.webhook worker`.

Importing this reads the settings from the environment, and does no I/O.
"""

from __future__ import annotations

from omnitrack.notify.app import NobodyToTell, create_notify
from omnitrack.notify.settings import NotifySettings
from sinks.webhook.receiver import Webhook
from sinks.webhook.signature import SecretError, read_secrets
from streams.batching import BatchApp


def create_webhook_notify(settings: NotifySettings) -> BatchApp:
    """The app that posts to the webhook."""

    def receiver() -> Webhook:
        if settings.webhook is None:
            raise NobodyToTell("OMNITRACK_WEBHOOK is not set: the URL that alerts are posted to")
        if settings.webhook_secret_file is None:
            raise NobodyToTell("OMNITRACK_WEBHOOK_SECRET_FILE is not set: the file with the secret that signs posts")
        try:
            secrets = read_secrets(settings.webhook_secret_file)
        except SecretError as error:
            raise NobodyToTell(f"OMNITRACK_WEBHOOK_SECRET_FILE: {error}") from error
        return Webhook(settings.webhook.get_secret_value(), secrets)

    return create_notify(Webhook.name, settings, receiver)


app = create_webhook_notify(NotifySettings())
