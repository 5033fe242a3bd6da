"""The producer of a batch app: acknowledged by all replicas, idempotent where the broker can, within the lease only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from aiokafka.client import ConnectionGroup
from aiokafka.errors import IncompatibleBrokerVersion, NoError, UnknownError, for_code
from aiokafka.producer.transaction_manager import TransactionManager
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.transaction import InitProducerIdRequest
from faust.transport.drivers import aiokafka as driver
from mode import get_logger

from streams.batching.flat import FlatRequest
from streams.batching.lease import Lease, LeaseLapsed

if TYPE_CHECKING:
    from streams.batching.app import BatchApp

logger = get_logger(__name__)

_NO_TRANSACTION_MS = 2**31 - 1
_API_KEY, _PRODUCE = slice(4, 6), b"\0\0"
"""Where a request tells what it is, behind its length; https://kafka.apache.org/protocol#protocol_messages"""


class BatchProducer(driver.Producer):
    """Faust's aiokafka producer with `acks=all`, and with idempotence if the broker gives out producer ids."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all"}

    async def on_start(self) -> None:
        """Start; raises the driver's error if the broker cannot be reached."""
        await super().on_start()
        producer = self._ensure_producer()
        if await _gives_producer_ids(producer.client):
            _renew_producer_id(producer)
        else:
            # Effects are idempotent by key, so a retry that writes twice does no harm.
            logger.info("The broker gives out no producer ids: writing without producer idempotence")
        _send_within_lease(producer, cast("BatchApp", self.app).lease)


async def _gives_producer_ids(client: Any) -> bool:
    """The embedded broker offers them, and answers every request for one with an error."""
    request = InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=_NO_TRANSACTION_MS)
    try:
        answer = await client.send(client.get_random_node(), request)
    except IncompatibleBrokerVersion:
        return False
    return for_code(answer.error_code) is not UnknownError


def _renew_producer_id(producer: Any) -> None:
    """Have the sender ask for an id, and number what it sends from then on from 0.

    Records that are given up have used up sequence numbers: the broker would miss them, and refuse all that follow.
    """
    manager = TransactionManager(None, _NO_TRANSACTION_MS)
    producer._txn_manager = producer._sender._txn_manager = producer._message_accumulator._txn_manager = manager


def _send_within_lease(producer: Any, lease: Lease) -> None:
    """Refuse, as late as possible, what has waited in the producer until the partitions may have moved."""
    client = producer.client
    send = client.send

    async def guarded(node_id: Any, request: Any, **options: Any) -> Any:
        if not isinstance(request, ProduceRequest):
            return await send(node_id, request, **options)
        if await client.ready(node_id):
            LeasedWriter.guard(client._conns[node_id, ConnectionGroup.DEFAULT], lease)
        try:
            answer = await send(node_id, FlatRequest(request), **options)
        except LeaseLapsed:
            if producer._txn_manager is not None:
                _renew_producer_id(producer)
            raise
        if producer._txn_manager is not None and _refused(answer):
            _renew_producer_id(producer)
        return answer

    client.send = guarded


class LeasedWriter:
    """The stream to a broker, which takes records only within the lease.

    It is asked when a request is encoded already, which takes milliseconds: a process may be stopped in them.
    """

    def __init__(self, writer: Any, lease: Lease) -> None:
        self._writer = writer
        self._lease = lease

    @classmethod
    def guard(cls, connection: Any, lease: Lease) -> None:
        """Have the driver's connection write through one of these."""
        if not isinstance(connection._writer, cls):
            connection._writer = cls(connection._writer, lease)

    def write(self, request: bytes) -> None:
        """Write it. Raises `LeaseLapsed`, and writes nothing, if it brings records and the lease does not hold."""
        if request[_API_KEY] == _PRODUCE and not self._lease.holds():
            raise LeaseLapsed("not sent: the group has not confirmed this process within its session time-out")
        self._writer.write(request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)


def _refused(answer: Any) -> bool:
    """Whether the broker refused records for good."""
    errors = [for_code(partition[1]) for _, partitions in answer.topics for partition in partitions]
    return any(error is not NoError and not error.retriable for error in errors)
