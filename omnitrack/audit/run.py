"""Takes the account of the touchpoints topics, while the stream goes on.

The ends are read first, and the pipeline is drained to them, so every offset before them has its fate. What does not
add up all the same is drained and looked at once more: a touchpoint may have been on its way to another customer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from clickhouse_driver import Client

from omnitrack.audit.account import Audit, Findings, PartitionAccount, PartitionCounts, account_for
from omnitrack.audit.fates import read_counts, read_irregularities
from omnitrack.audit.findings import collect
from omnitrack.audit.records import RecordFinder
from omnitrack.broker_reader import BrokerReader
from omnitrack.drain import Drained, Progress, TopicsMissing, drain, drain_stages, touchpoints_topics
from omnitrack.offsets import Offsets, Partition
from omnitrack.settings import Endpoints
from omnitrack.status.collect import received_since
from sinks.clickhouse.client import connected

_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class NoSuchTopic:
    """`topic` is none of the deployment's touchpoints topics, `known`."""

    topic: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.topic} is no touchpoints topic of the broker; it has {', '.join(self.known)}"


def audit(
    endpoints: Endpoints, chosen: Sequence[str], timeout: float, progress: Progress
) -> Audit | TopicsMissing | NoSuchTopic:
    """The audit of the `chosen` topics, by name or channel (none: all), after draining for `timeout` seconds at most.

    Raises `BrokerUnavailableError` or `ClickHouseError`.
    """
    with BrokerReader(endpoints.kafka) as reader:
        existing = reader.topics()
        stages = drain_stages(endpoints, existing)
        if isinstance(stages, TopicsMissing):
            return stages
        topics = _choose(endpoints, touchpoints_topics(endpoints, existing), chosen)
        if isinstance(topics, NoSuchTopic):
            return topics
        ends = reader.end_offsets(topics)
        with connected(endpoints.clickhouse_settings) as client:
            auditor = _Auditor(endpoints, reader, client, topics, ends, all_topics=not chosen)
            for _ in range(_ROUNDS):
                drained = drain(reader, stages, timeout, progress)
                accounts = auditor.take()
                adds_up = not any(account.findings.count for account in accounts)
                if adds_up or not isinstance(drained, Drained):
                    break
    return Audit(adds_up, accounts, None if isinstance(drained, Drained) else str(drained))


def _choose(endpoints: Endpoints, known: tuple[str, ...], chosen: Sequence[str]) -> tuple[str, ...] | NoSuchTopic:
    topics = tuple(name if name in known else endpoints.topics.touchpoints(name) for name in chosen)
    for name, topic in zip(chosen, topics, strict=True):
        if topic not in known:
            return NoSuchTopic(name, known)
    return topics or known


@dataclass(frozen=True, slots=True)
class _Auditor:
    """Takes the accounts of all offsets before `ends`, those of `topics`."""

    endpoints: Endpoints
    reader: BrokerReader
    client: Client
    topics: tuple[str, ...]
    ends: Offsets
    all_topics: bool

    def take(self) -> tuple[PartitionAccount, ...]:
        begins = self.reader.begin_offsets(self.topics)
        since = received_since(self.endpoints)
        counts = read_counts(self.client, begins, self.ends, self.endpoints.topics.touchpoints(""), since)
        ends_now = self.reader.end_offsets(self.topics)
        places = self.ends.keys() | {place for place in counts if self.all_topics or place.topic in self.topics}
        with RecordFinder(self.endpoints.kafka) as finder:
            return tuple(
                self._account(place, counts.get(place, PartitionCounts()), begins, ends_now, finder, since)
                for place in sorted(places)
            )

    def _account(
        self,
        place: Partition,
        counts: PartitionCounts,
        begins: Offsets,
        ends_now: Offsets,
        finder: RecordFinder,
        since: int,
    ) -> PartitionAccount:
        # A partition that Kafka does not know, and ClickHouse does, never had any record.
        begin, end, end_now = begins.get(place, 0), self.ends.get(place, 0), ends_now.get(place, 0)
        findings = Findings()
        if not counts.add_up(begin, end, end_now):
            irregularities = read_irregularities(self.client, place, begin, end, end_now, since)
            findings = collect(irregularities, begin, end, end_now, partial(finder.records_in, place))
        return account_for(place.topic, place.number, begin, end, counts, findings)
