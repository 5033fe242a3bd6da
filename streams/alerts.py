"""The alerts' Faust app, a group of its own: `faust -A streams.alerts worker`.

A page neither waits for what stitching has still to do, nor slows it (decision 140). Importing this reads the settings
from the environment, and Kafka's certificates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog
from aiokafka.errors import KafkaError
from faust.types import TP

from schemas.catalogue import Catalogue, load_catalogue
from schemas.topics import Topics
from streams.agents.alert import Alerting
from streams.agents.alert_reading import rows_asked_for
from streams.alerting.facts import kept_by
from streams.batching import BatchApp, Bounds, Outgoing, create_app
from streams.batching.app_meters import ClockMeter
from streams.compiled import quiet_for
from streams.logs import set_log_level
from streams.now import now_ms
from streams.provision import ensure_topics
from streams.settings import StreamSettings
from streams.stitched_clock import RowReading, StitchedClock
from streams.stitching_offsets import StitchingOffsets
from streams.upstream import Reading, Source, Upstream, partitions_of
from streams.worker import worker_of

if TYPE_CHECKING:
    from streams._core import Quiet

TICK_SECONDS = 0.5
"""How often it is asked whether anybody is due."""
CLOCK_SECONDS = 1.0
"""How often the broker is asked how far stitching is."""
PACE_SECONDS = 0.1
"""From one question to a broker to the next: an alert is said so much later at most, at half of the cost."""
TICK = (b"", b"")
"""A record of `alerting` that says nothing but that somebody is due."""

logger = structlog.get_logger(__name__)


def create_alerts(settings: StreamSettings) -> BatchApp:
    """The app that judges rows by the rules of the catalogue; without I/O until its worker starts.

    That ends with `CatalogueError` for a catalogue that cannot be used.
    """
    set_log_level(settings.log_level)

    async def prepare(app: BatchApp) -> None:
        catalogue = load_catalogue(settings.catalogue)
        topics = Topics(settings.topic_prefix, catalogue.channels)
        await ensure_topics(settings.kafka, topics, partitions=settings.partitions, replication=settings.replication)
        stitching = StitchingOffsets(settings.kafka, settings.group("streams"))
        app.on_before_shutdown.connect(stitching.close, weak=False)
        quiet = quiet_for(settings.core, catalogue)
        logger.info("judging", core="python" if quiet is None else "compiled")
        add_alerting(app, topics, settings.partitions, catalogue, stitching, quiet)

    return create_app(worker_of(settings, "alerts"), prepare, Bounds(pace=PACE_SECONDS))


def add_alerting(
    app: BatchApp,
    topics: Topics,
    count: int,
    catalogue: Catalogue,
    stitching: StitchingOffsets,
    quiet: Quiet | None,
) -> None:
    """Add the state, the agent that judges, and the timer that tells it the time; `count` as for all keyed topics."""
    states = app.state_table("alerting", topics.alerting_state, count)
    alerting = Alerting(topics, catalogue, count, states, app.sender, now_ms, quiet)
    asked_for = rows_asked_for(topics, kept_by(catalogue.alerts))
    app.consume(
        (*topics.stitched_rows, topics.alerting),
        alerting,
        "alert",
        at_once=8,
        passed_over=set(topics.stitched_rows) - set(asked_for),
    )

    async def recovered() -> None:
        alerting.recover(tp.partition for tp in app.batches.assignment() if tp.topic == topics.alerting)

    app.meters.register(ClockMeter(alerting.clocks))
    states.on_recover(recovered)
    _keep_time(app, alerting, topics, partitions_of(asked_for, count), count, stitching)


def _keep_time(
    app: BatchApp, alerting: Alerting, topics: Topics, rows: Sequence[Source], count: int, stitching: StitchingOffsets
) -> None:
    upstream = Upstream.of(topics, count)
    clock = StitchedClock(upstream, topics.customer, count)

    def is_working() -> bool:
        return not app.rebalancing and not app.in_recovery and bool(alerting.memories)

    async def read_clock() -> None:
        at = now_ms()
        # Of what this group does not read, the second tells where it begins.
        ends, begins = await app.batches.read_offsets(upstream.partitions)
        committed = await stitching.committed(upstream.partitions, begins)
        reading = RowReading(*await app.batches.read_offsets(rows))
        for partition, reached in clock.read(Reading(at, ends, committed), reading).items():
            if partition in alerting.memories:
                alerting.reach(partition, reached)

    async def keep_clock() -> None:
        if is_working() and alerting.needs_clock:
            with _waiting_for_the_broker():
                await read_clock()

    async def tick() -> None:
        if is_working():
            idle = [one for one in alerting.memories if app.batches.idle_at(TP(topics.alerting, one)) is not None]
            ticks = [Outgoing(topics.alerting, one, ([TICK],)) for one in idle if alerting.is_due(one)]
            with _waiting_for_the_broker():
                await app.sender.send(ticks)

    app.timer(interval=CLOCK_SECONDS)(keep_clock)
    app.timer(interval=TICK_SECONDS)(tick)


@contextmanager
def _waiting_for_the_broker() -> Iterator[None]:
    """The next round makes up for one that fails."""
    try:
        yield
    except (KafkaError, TimeoutError) as error:
        logger.warning("the clock waits for the broker", error=repr(error))


app = create_alerts(StreamSettings())
