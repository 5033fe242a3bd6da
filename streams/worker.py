"""Makes the Faust app of a process from its settings."""

from __future__ import annotations

from typing import Any

from streams.batching import BatchApp, create_app
from streams.settings import StreamSettings


def create_worker(settings: StreamSettings, name: str, **options: Any) -> BatchApp:
    """A batch app without agents, of the group that `settings` give to `name`; `options` are those of `create_app`."""
    return create_app(
        settings.group(name),
        kafka=settings.kafka,
        session_timeout=settings.session_timeout,
        group_instance=settings.group_instance,
        page=settings.page,
        **options,
    )
