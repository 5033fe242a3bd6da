"""The Faust app that tells one receiver of alerts; each has a group and a state of its own."""

from __future__ import annotations

from typing import Any

from omnitrack.notify.delivering import Deliverer
from omnitrack.notify.handler import Notify
from omnitrack.notify.receivers import receiver_of
from omnitrack.notify.settings import NotifySettings
from schemas.topics import Topics
from sinks.notices import Receiver
from streams.batching import BatchApp, Bounds, create_app
from streams.logs import set_log_level
from streams.provision import ensure_topics
from streams.worker import worker_of

BOUNDS = Bounds(
    # Bounds what a replay tells twice, and the memory held while a receiver is away.
    max_records=1_000,
    # It waits for the receiver, and says so; a restart would not bring it back.
    stall_seconds=24 * 3600.0,
)


def create_notify(name: str, settings: NotifySettings, refresh_seconds: float | None = None) -> BatchApp:
    """The app of the receiver of that name; without I/O until its worker starts, which ends if there is none.

    `refresh_seconds` is how often what fires is told again; None: never.
    """
    set_log_level(settings.log_level)
    topics = Topics(settings.topic_prefix)
    made: list[Receiver] = []

    async def prepare(app: BatchApp) -> None:
        receiver = receiver_of(name, settings)
        made.append(receiver)
        await ensure_topics(settings.kafka, topics, partitions=settings.partitions, replication=settings.replication)
        states = app.state_table("told", topics.notify_state(name), settings.partitions)
        deliverer = Deliverer(receiver, lambda: app.flow_control.is_active() and not app.should_stop)
        notify = Notify(receiver, deliverer, states, app.sender, topics)
        app.consume((topics.alerts,), notify, "notify")
        if refresh_seconds is not None:
            _keep_refreshed(app, notify, topics.alerts, refresh_seconds)

    app = create_app(worker_of(settings, f"notify-{name}"), prepare, BOUNDS)

    @app.on_before_shutdown.connect
    async def close(*_args: Any, **_kwargs: Any) -> None:
        for receiver in made:
            await receiver.close()

    return app


def _keep_refreshed(app: BatchApp, notify: Notify, topic: str, seconds: float) -> None:
    async def refresh() -> None:
        if not app.rebalancing and not app.in_recovery:
            await notify.refresh(tp.partition for tp in app.batches.assignment() if tp.topic == topic)

    app.timer(interval=seconds)(refresh)
