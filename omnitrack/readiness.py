"""Whether the parts of a deployment are ready; making topics and tables on the way.

Each check returns None, or what is still missing, and then may be asked again. What asking again cannot cure raises
`ServiceFailedError`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection

from aiokafka.errors import KafkaError

from omnitrack.broker_reader import BrokerReader, BrokerUnavailableError
from omnitrack.ports import LOOPBACK
from omnitrack.services import ServiceFailedError
from schemas.catalogue import Catalogue
from schemas.kafka_obstacle import why_unreachable
from schemas.topics import Topics
from sinks.clickhouse.client import connect
from sinks.clickhouse.errors import ClickHouseError, ClickHouseUnavailable
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.settings import ClickHouseSettings
from streams.provision import TopicMismatch, ensure_topics
from streams.settings import Replication

_PROBE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """The checks of one deployment."""

    kafka: str
    topics: Topics
    partitions: int
    replication: Replication
    clickhouse: ClickHouseSettings
    catalogue: Catalogue

    def broker_silent(self) -> str | None:
        """Whether Kafka answers: None, or why not."""
        try:
            with BrokerReader(self.kafka, _PROBE_SECONDS):
                return None
        except BrokerUnavailableError as error:
            return str(error)

    def topics_missing(self) -> str | None:
        """Make the topics that are missing; None, or why they cannot be made yet.

        Raises `ServiceFailedError` where one exists with other partitions: waiting does not help.
        """
        provision = ensure_topics(self.kafka, self.topics, partitions=self.partitions, replication=self.replication)
        try:
            asyncio.run(provision)
        except TopicMismatch as error:
            raise ServiceFailedError(str(error)) from error
        except (KafkaError, OSError) as error:
            return f"Kafka at {self.kafka}: {why_unreachable(self.kafka, error, _PROBE_SECONDS)}"
        return None

    def clickhouse_silent(self) -> str | None:
        """Whether ClickHouse answers: None, or why not. Raises `ServiceFailedError` where it refuses."""
        try:
            connect(self.clickhouse, database="default").disconnect()
        except ClickHouseUnavailable as error:
            return str(error)
        except ClickHouseError as error:
            raise ServiceFailedError(str(error)) from error
        return None

    def tables_missing(self) -> str | None:
        """Bring tables, views and catalogue up to date; None, or why that cannot be done yet.

        Raises `ServiceFailedError` where ClickHouse refuses, or has other migrations.
        """
        try:
            migrate(self.clickhouse, self.catalogue)
        except ClickHouseUnavailable as error:
            return str(error)
        except ClickHouseError as error:
            raise ServiceFailedError(str(error)) from error
        return None

    def explorer_silent(self, port: int) -> str | None:
        """Whether the explorer's page of health answers at `port`: None, or why not."""
        connection = HTTPConnection(LOOPBACK, port, timeout=_PROBE_SECONDS)
        try:
            connection.request("GET", "/health")
            answer = connection.getresponse().status
        except OSError as error:
            return f"the explorer does not answer at {LOOPBACK}:{port}: {error}"
        finally:
            connection.close()
        return None if answer == HTTPStatus.OK else f"the explorer answers {answer} at {LOOPBACK}:{port}"

    def members_missing(self, group: str, wanted: int) -> str | None:
        """Whether `wanted` members of `group` hold their partitions."""
        try:
            with BrokerReader(self.kafka, _PROBE_SECONDS) as reader:
                members = reader.assigned_members(group)
        except BrokerUnavailableError as error:
            return str(error)
        return None if members >= wanted else f"{members} of {wanted} members hold partitions in group {group}"
