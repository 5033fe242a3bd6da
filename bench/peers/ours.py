"""The sessions by Faust with batch delivery (`streams.batching`): `python -m bench.peers.ours KAFKA EVENTS SESSIONS`.

As omnitrack's own agents do it: a batch is grouped by customer, sessions go out, then states to the changelog, then the
input is acknowledged.
"""

from __future__ import annotations

import sys

import mode
import msgspec

from bench.peers.job import GAP
from streams.batching import Batch, BatchApp, BatchTable, Bounds, Delivery, Outgoing, WorkerSettings, create_app
from streams.checkpoint import Effects, checkpoint

PARTITIONS = 4
FETCHED_RECORDS = 20_000
"""More than a fetch brings of a partition: a batch is all of it, and writes a customer's state once."""


class Touchpoint(msgspec.Struct, gc=False):
    occurred_at: int
    wait_seconds: int


Open = tuple[int, int, int, int]
"""A session that is not over: its first and last time, its number of touchpoints and the seconds waited in them."""

NONE: Open = (0, 0, 0, 0)

decode_touchpoint = msgspec.json.Decoder(Touchpoint).decode
decode_state = msgspec.msgpack.Decoder(Open).decode
encode_state = msgspec.msgpack.Encoder().encode
encode_json = msgspec.json.Encoder().encode


class Sessions:
    """The handler of the batches of events."""

    def __init__(self, app: BatchApp, table: BatchTable, topic: str) -> None:
        self._app = app
        self._table = table
        self._topic = topic
        self._begun = False

    async def __call__(self, batch: Batch, delivery: Delivery) -> None:
        if not self._begun:
            self._begun = True
            print("begin", file=sys.__stdout__, flush=True)
        groups = {customer or b"": values for customer, values in batch.values_by_key().items()}
        states = self._table.get_many(batch.partition, groups)
        closed: list[tuple[bytes, bytes]] = []
        writes = [
            [(customer, advance(customer, values, state, closed))]
            for (customer, values), state in zip(groups.items(), states, strict=True)
        ]
        outputs = [Outgoing(self._topic, batch.partition, (closed,))] if closed else []
        await checkpoint(Effects(outputs, batch.partition, writes), self._app.sender, self._table, delivery)


def advance(
    customer: bytes, values: list[bytes | None], state: bytes | None, closed: list[tuple[bytes, bytes]]
) -> bytes:
    """The customer's session after its touchpoints; those that they end are added to `closed`."""
    start, end, touchpoints, waited = decode_state(state) if state else NONE
    for value in values:
        touchpoint = decode_touchpoint(value or b"")
        at = touchpoint.occurred_at
        if at - end > GAP:
            if touchpoints:
                closed.append((customer, rendered(customer, start, end, touchpoints, waited)))
            start, touchpoints, waited = at, 0, 0
        end = at
        touchpoints += 1
        waited += touchpoint.wait_seconds
    return encode_state((start, end, touchpoints, waited))


def rendered(customer: bytes, start: int, end: int, touchpoints: int, waited: int) -> bytes:
    return encode_json(
        {"customer": customer.decode(), "start": start, "end": end, "touchpoints": touchpoints, "waited": waited}
    )


def main() -> None:
    kafka, events, sessions = sys.argv[1:]

    async def prepare(app: BatchApp) -> None:
        table = app.state_table("sessions", f"{sessions}-changelog", PARTITIONS)
        app.consume((events,), Sessions(app, table, sessions), "sessions")

    worker = WorkerSettings(sessions, kafka, session_timeout=30)
    app = create_app(worker, prepare, Bounds(max_records=FETCHED_RECORDS))
    mode.Worker(app, loglevel="warn").execute_from_commandline()


if __name__ == "__main__":
    main()
