"""Asks Kafka and ClickHouse for what the status report tells; where one does not answer, the other is told alone."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

from clickhouse_driver import Client

from omnitrack.broker_reader import BrokerReader, BrokerUnavailableError
from omnitrack.drain import touchpoints_topics
from omnitrack.embedded import broker
from omnitrack.offsets import Offsets
from omnitrack.replication import OFFSETS_TOPIC, TopicTrouble, troubles
from omnitrack.settings import Endpoints
from omnitrack.status.replication import problems_of, warnings_of
from omnitrack.status.report import (
    Account,
    Fates,
    GroupOffsets,
    Report,
    TopicStatus,
    account_for,
    process_statuses,
    topic_statuses,
)
from schemas.topics import RECEIVERS
from sinks.clickhouse.client import connected
from sinks.clickhouse.errors import ClickHouseError
from sinks.clickhouse.settings import ClickHouseSettings
from streams.now import now_ms
from streams.provision import replicas_for
from streams.settings import Replication

_QUERIES = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class KafkaPart:
    """`begins` and `ends` are those of the touchpoints topics, of all of them or not."""

    topics: tuple[TopicStatus, ...]
    begins: Offsets
    ends: Offsets
    has_all_inputs: bool


@dataclass(frozen=True, slots=True)
class ClickHousePart:
    """What ClickHouse knows: rows by table, dead letters by reason, fates of all records."""

    rows: dict[str, int]
    dead_letters: dict[str, int]
    fates: Fates


def collect(endpoints: Endpoints, replication: Replication, timeout: float = 5.0) -> Report:
    """The report as of now; each server is given `timeout` seconds to answer.

    `replication` is how many replicas topics are to have.
    """
    settings = endpoints.clickhouse_settings
    problems: list[str] = []
    troubled: tuple[TopicTrouble, ...] = ()
    kafka: KafkaPart | None = None
    clickhouse: ClickHousePart | None = None
    try:
        with BrokerReader(endpoints.kafka, timeout) as reader:
            troubled = ask_replication(reader, endpoints, replication)
            problems += problems_of(troubled)
            kafka = ask_offsets(reader, endpoints, offline={one.topic for one in troubled if one.offline})
    except BrokerUnavailableError as error:
        problems.append(str(error))
    try:
        clickhouse = ask_clickhouse(settings, since=received_since(endpoints))
    except ClickHouseError as error:
        problems.append(str(error))
    return Report(
        kafka=endpoints.kafka,
        clickhouse=settings.masked,
        topics=kafka.topics if kafka else (),
        rows=clickhouse.rows if clickhouse else {},
        dead_letters=clickhouse.dead_letters if clickhouse else {},
        account=_account(kafka, clickhouse),
        processes=process_statuses(endpoints.runtime, now_ms()) if endpoints.runtime else (),
        replication=troubled,
        warnings=warnings_of(troubled),
        problems=tuple(problems),
    )


def _account(kafka: KafkaPart | None, clickhouse: ClickHousePart | None) -> Account | None:
    if kafka is None or clickhouse is None or not kafka.has_all_inputs:
        return None
    return account_for(kafka.begins, kafka.ends, clickhouse.fates)


def ask_replication(reader: BrokerReader, endpoints: Endpoints, replication: Replication) -> tuple[TopicTrouble, ...]:
    """The topics that too few brokers have, where each is to have as many as `replication` says."""
    wanted = replicas_for(replication, len(reader.racks()))
    return troubles(reader.replicas(topics_kept(endpoints, reader.topics())), wanted)


def topics_kept(endpoints: Endpoints, existing: frozenset[str]) -> set[str]:
    """The topics of which a deployment needs every partition, its channels' and Kafka's own for offsets among them."""
    own = {spec.name for spec in endpoints.topics.all}
    return {*own, *touchpoints_topics(endpoints, existing), OFFSETS_TOPIC} & existing


def ask_offsets(reader: BrokerReader, endpoints: Endpoints, offline: Set[str]) -> KafkaPart:
    """How far each group is; of topics that are `offline` nobody tells it."""
    existing = reader.topics() - offline
    topics = endpoints.topics
    inputs = touchpoints_topics(endpoints, existing)
    streams = _offsets(reader, endpoints.streams_group, {*inputs, topics.identity, topics.customer} & existing)
    sink = _offsets(reader, endpoints.sink_group, set(topics.outputs) & existing)
    others = [
        _offsets(reader, endpoints.alerts_group, {*topics.stitched_rows, topics.alerting} & existing),
        *(_offsets(reader, endpoints.group(f"notify-{one}"), {topics.alerts} & existing) for one in RECEIVERS),
    ]
    running = [streams, sink, *(group for group in others if group.committed)]
    return KafkaPart(
        topics=tuple(status for group in running for status in topic_statuses(group)),
        begins={partition: begin for partition, begin in streams.begins.items() if partition.topic in inputs},
        ends={partition: end for partition, end in streams.ends.items() if partition.topic in inputs},
        has_all_inputs=not any(topic.startswith(topics.touchpoints("")) for topic in offline),
    )


def ask_clickhouse(settings: ClickHouseSettings, since: int) -> ClickHousePart:
    """Fates are those of records received at or after `since`, UTC milliseconds. Raises `ClickHouseError`."""
    with connected(settings) as client:
        rows = dict(client.execute(_query("rows")))
        dead_letters = dict(client.execute(_query("dead_letters")))
        return ClickHousePart(rows, dead_letters, _fates(client, since))


def _offsets(reader: BrokerReader, group: str, topics: set[str]) -> GroupOffsets:
    return GroupOffsets(group, reader.begin_offsets(topics), reader.end_offsets(topics), reader.committed(group))


def _fates(client: Client, since: int) -> Fates:
    stored, dead, duplicate = client.execute(_query("fates"), {"since": since})[0]
    return Fates(stored, dead, duplicate)


def _query(name: str) -> str:
    return (_QUERIES / f"{name}.sql").read_text()


def received_since(endpoints: Endpoints) -> int:
    """The time of receipt (UTC ms) from which on the broker may know a record; 0: it forgets nothing.

    An embedded broker knows nothing of what was received before it started, ClickHouse still does.
    """
    runtime = endpoints.runtime
    if runtime is None or not runtime.kafka_in_memory or runtime.kafka != endpoints.kafka:
        return 0
    process = runtime.processes.get(broker.SERVICE)
    return process.started_at if process else 0
