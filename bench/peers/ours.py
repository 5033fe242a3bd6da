"""The sessions by Faust with batch delivery (`streams.batching`): `python -m bench.peers.ours KAFKA EVENTS SESSIONS`.

As omnitrack's own agents do it: a batch is grouped by customer, sessions go out, then states to the changelog, then the
input is acknowledged.
"""

from __future__ import annotations

import sys
from collections import defaultdict

import mode
import msgspec

from bench.peers.job import GAP
from streams.batching import Batch, BatchApp, BatchTable, Delivery, Outgoing, Record, create_app
from streams.checkpoint import Effects, checkpoint

PARTITIONS = 4


class Touchpoint(msgspec.Struct):
    occurred_at: int
    wait_seconds: int


class Open(msgspec.Struct, array_like=True):
    """A session that is not over."""

    start: int
    end: int
    touchpoints: int = 0
    waited: int = 0


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
        groups: defaultdict[bytes, list[Record]] = defaultdict(list)
        for record in batch.records:
            groups[record.key or b""].append(record)
        closed: list[tuple[bytes, bytes]] = []
        writes: list[list[tuple[bytes, bytes]]] = []
        kept = self._table.get_many(batch.partition, groups)
        for (customer, records), state in zip(groups.items(), kept, strict=True):
            session = advance(customer, records, state, closed)
            writes.append([(customer, encode_state(session))])
        outputs = [Outgoing(self._topic, batch.partition, (closed,))] if closed else []
        await checkpoint(Effects(outputs, batch.partition, writes), self._app.sender, self._table, delivery)


def advance(customer: bytes, records: list[Record], state: bytes | None, closed: list[tuple[bytes, bytes]]) -> Open:
    """The customer's session after the records; those that they end are added to `closed`."""
    session = decode_state(state) if state else None
    for record in records:
        touchpoint = decode_touchpoint(record.value or b"")
        at = touchpoint.occurred_at
        if session is None or at - session.end > GAP:
            if session is not None:
                closed.append((customer, rendered(customer, session)))
            session = Open(at, at)
        session.end = at
        session.touchpoints += 1
        session.waited += touchpoint.wait_seconds
    assert session is not None
    return session


def rendered(customer: bytes, session: Open) -> bytes:
    return encode_json(
        {
            "customer": customer.decode(),
            "start": session.start,
            "end": session.end,
            "touchpoints": session.touchpoints,
            "waited": session.waited,
        }
    )


def main() -> None:
    kafka, events, sessions = sys.argv[1:]

    async def prepare(app: BatchApp) -> None:
        table = app.state_table("sessions", f"{sessions}-changelog", PARTITIONS)
        app.consume((events,), Sessions(app, table, sessions), "sessions")

    app = create_app(sessions, kafka=kafka, session_timeout=30, prepare=prepare)
    mode.Worker(app, loglevel="warn").execute_from_commandline()


if __name__ == "__main__":
    main()
