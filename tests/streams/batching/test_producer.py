"""Records leave the process only within its lease, asked when their request is ready to be written."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.conn import AIOKafkaConnection
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.produce import ProduceRequest

from streams.batching.lease import Lease, LeaseLapsed
from streams.batching.producer import LeasedWriter

SESSION = 10.0


class Machine:
    """Its clock, a lease that was confirmed at 0, and what a connection of the driver's writes within it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.written: list[bytes] = []
        self.lease = Lease(SESSION, SESSION, lambda: self.now)
        self.lease.confirm(asked_at=0)

    def write(self, request: bytes) -> None:
        self.written.append(request)

    def close(self) -> None:
        """The driver closes its writer."""

    def send(self, request: Any) -> None:
        async def send() -> None:
            connection: Any = AIOKafkaConnection("127.0.0.1", 1)
            connection._writer = self
            connection._versions = {ProduceRequest.API_KEY: (3, 7), MetadataRequest.API_KEY: (0, 5)}
            LeasedWriter.guard(connection, self.lease)
            try:
                connection.send(request).close()
            finally:
                connection.close()

        asyncio.run(send())


class Records:
    """A request that brings records, while whose encoding the machine's clock goes on by `takes` seconds."""

    def __init__(self, machine: Machine, takes: float) -> None:
        self._machine = machine
        self._takes = takes

    def prepare(self, versions: Any) -> Any:
        self._machine.now += self._takes
        return ProduceRequest(None, -1, 1_000, [("touchpoints", [(0, b"records")])]).prepare(versions)


def test_records_are_written_within_the_lease() -> None:
    machine = Machine()
    machine.send(Records(machine, takes=1))
    assert [b"records" in request for request in machine.written] == [True]


def test_records_are_not_written_if_the_lease_ended_while_their_request_was_encoded() -> None:
    machine = Machine()
    with pytest.raises(LeaseLapsed):
        machine.send(Records(machine, takes=SESSION))
    assert machine.written == []


def test_what_brings_no_records_is_written_without_a_lease() -> None:
    machine = Machine()
    machine.now = 2 * SESSION
    machine.send(MetadataRequest([], allow_auto_topic_creation=False))
    assert len(machine.written) == 1
