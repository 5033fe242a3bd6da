"""Which process of which group the settings make a worker of: apart, because settings are read without Faust, too."""

from __future__ import annotations

from streams.batching import WorkerSettings
from streams.settings import StreamSettings


def worker_of(settings: StreamSettings, role: str) -> WorkerSettings:
    """A worker of the group of `role`."""
    return WorkerSettings(
        settings.group(role),
        settings.kafka,
        settings.session_timeout,
        settings.group_instance,
        settings.page,
        compiled=settings.core != "python",
    )
