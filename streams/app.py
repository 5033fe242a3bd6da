"""The streams' Faust app: `faust -A streams.app worker`.

Importing this reads the settings from the environment, and Kafka's certificates; other files are read and topics
created when a worker starts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

import structlog
from aiokafka.errors import KafkaError
from faust.types import TP

from schemas.catalogue import Catalogue, load_catalogue
from schemas.decode import Decoder
from schemas.topics import Topics
from streams.agents.identity import Identify
from streams.agents.ingest import Ingest, IngestAgent
from streams.agents.stitch import Stitch
from streams.agents.ticks import send_ticks
from streams.attempts import Attempts
from streams.batching import BatchApp, Bounds, create_app
from streams.batching.app_meters import ClockMeter
from streams.compiled import core_for, intake_for, links_for
from streams.keys import read_pseudonyms
from streams.logs import set_log_level
from streams.now import now_ms
from streams.provision import ensure_topics
from streams.pseudonym import Pseudonyms
from streams.registry import Registry, open_registry
from streams.settings import StreamSettings
from streams.upstream import Reading, Upstream
from streams.worker import worker_of

if TYPE_CHECKING:
    from streams._core import Core, Intake, Links

TICK_SECONDS = 0.5
"""How often the broker is asked how far the streams are, and whether anybody is due."""
INGEST_RECORDS = 1_000
"""Small, so that in a backlog all channels advance together: a touchpoint out of order costs stitching much more."""
STITCH_RECORDS = 25_000
"""Large, so that in a backlog a customer's touchpoints come together: loading, judging and keeping one costs as much as
ten of them, and what is out of order within a batch costs nothing.
"""
FETCHED_BYTES = 64 * 1024 * 1024
GREATEST_FETCH = 16 * 1024 * 1024
LEAST_FETCH = 1024 * 1024
PACE_SECONDS = 0.05
"""From one question to a broker that was read to its end to the next: live batches are fewer, and larger."""

logger = structlog.get_logger(__name__)


def create_streams(settings: StreamSettings) -> BatchApp:
    """The app that validates and stitches; without I/O until its worker starts.

    That ends with `CatalogueError`, `PseudonymKeyError` or `RegistryError` where the settings name what cannot be used.
    """
    set_log_level(settings.log_level)

    async def prepare(app: BatchApp) -> None:
        catalogue = load_catalogue(settings.catalogue)
        topics = Topics(settings.topic_prefix, catalogue.channels)
        await ensure_topics(settings.kafka, topics, partitions=settings.partitions, replication=settings.replication)
        intake = intake_for(settings.core, topics, settings.partitions)
        add_ingest(app, topics, settings.partitions, read_pseudonyms(settings), intake, open_registry(settings))
        add_identity(app, topics, settings.partitions, catalogue, links_for(settings.core))
        core = core_for(settings.core, catalogue)
        logger.info("stitching", core="python" if core is None else "compiled")
        add_stitch(app, topics, settings.partitions, catalogue, core)

    bounds = Bounds(fetch_bytes=fetch_size(settings.partitions), pace=PACE_SECONDS)
    return create_app(worker_of(settings, "streams"), prepare, bounds)


def fetch_size(partitions: int) -> int:
    """Bytes to fetch of a partition at once: enough for a whole batch, and bounded for all of a topic together."""
    return min(max(FETCHED_BYTES // partitions, LEAST_FETCH), GREATEST_FETCH)


def add_ingest(
    app: BatchApp,
    topics: Topics,
    partitions: int,
    pseudonyms: Pseudonyms | None,
    core: Intake | None,
    registry: Registry | None = None,
) -> None:
    """Add the agent that validates what the channels write; `core` None takes in by Python alone."""
    frames = None if registry is None else registry.frames
    ingest = Ingest(topics, Decoder(topics.channels), partitions, pseudonyms, frames, core)
    agent = IngestAgent(ingest, app.sender, now_ms, registry)
    app.consume(topics.inputs, agent, "ingest", max_records=INGEST_RECORDS)


def add_identity(
    app: BatchApp, topics: Topics, partitions: int, catalogue: Catalogue, core: type[Links] | None
) -> None:
    """Add the links, and the agent that finds the customers of touchpoints without a customer number.

    `core` None takes links in by Python alone.
    """
    states = app.state_table("identity", topics.identity_state, partitions)
    identify = Identify(topics, catalogue.horizon, partitions, states, app.sender, core)
    app.consume((topics.identity,), identify, "identity")
    states.on_recover(_recovery(app, topics.identity, identify.recover))


def add_stitch(app: BatchApp, topics: Topics, count: int, catalogue: Catalogue, core: Core | None) -> None:
    """Add the state, the agent that stitches, and the timer that keeps its clock; `count` as for all keyed topics.

    `core` None stitches by the Python core alone.
    """
    states = app.state_table("state", topics.state, count, dict if core is None else core.states)
    upstream = Upstream.of(topics, count)
    stitch = Stitch(topics, catalogue, states, app.sender, now_ms, upstream.inputs, core)
    app.consume((topics.customer,), Attempts(stitch, states, stitch.clock_of), "stitch", max_records=STITCH_RECORDS)

    app.meters.register(ClockMeter(stitch.clocks))
    states.on_recover(_recovery(app, topics.customer, stitch.recover))
    _keep_time(app, stitch, upstream, topics)


def _recovery(app: BatchApp, topic: str, recover: Callable[[Iterable[int]], None]) -> Callable[[], Awaitable[None]]:
    async def recovered() -> None:
        recover(tp.partition for tp in app.batches.assignment() if tp.topic == topic)

    return recovered


def _keep_time(app: BatchApp, stitch: Stitch, upstream: Upstream, topics: Topics) -> None:
    def idle(partition: int) -> int | None:
        return app.batches.idle_at(TP(topics.customer, partition))

    async def tick() -> None:
        if app.rebalancing or app.in_recovery or not stitch.times:
            return
        try:
            at = now_ms()
            mark = upstream.read(Reading(at, *await app.batches.read_offsets(upstream.partitions)))
            if mark is not None:
                stitch.expect(mark)
            await send_ticks(stitch, topics, app.sender, idle)
        except (KafkaError, TimeoutError) as error:
            logger.warning("the clock waits for the broker", error=repr(error))

    app.timer(interval=TICK_SECONDS)(tick)


app = create_streams(StreamSettings())
