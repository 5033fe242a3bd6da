"""The sessions by faust-streaming as its user guide shows it: a table that is written per event.

`python bench/peers/stock_faust.py KAFKA EVENTS SESSIONS`; https://faust-streaming.github.io/faust/userguide/tables.html.
Its changelog is on; the store is its default, in memory.
"""

from __future__ import annotations

import sys

import faust

GAP = 30 * 60_000


class Touchpoint(faust.Record, serializer="json"):
    occurred_at: int
    wait_seconds: int


class Session(faust.Record, serializer="json"):
    customer: str
    start: int
    end: int
    touchpoints: int
    waited: int


kafka, events_topic, sessions_topic = sys.argv[1:]
app = faust.App(
    sessions_topic,
    broker=f"kafka://{kafka}",
    store="memory://",
    topic_partitions=4,
    topic_replication_factor=1,
    consumer_auto_offset_reset="earliest",
    web_enabled=False,
)
events = app.topic(events_topic, key_type=str, value_type=Touchpoint)
closed = app.topic(sessions_topic, key_type=str, value_type=Session)
table = app.Table("sessions", key_type=str, value_type=Session, partitions=4)
begun: list[bool] = []


@app.agent(events)
async def take(stream: faust.StreamT[Touchpoint]) -> None:
    async for customer, touchpoint in stream.items():
        if not begun:
            begun.append(True)
            print("begin", file=sys.__stdout__, flush=True)
        at = touchpoint.occurred_at
        session = table.get(customer)
        if session is not None and at - session.end > GAP:
            await closed.send(key=customer, value=session)
            session = None
        if session is None:
            session = Session(customer=customer, start=at, end=at, touchpoints=0, waited=0)
        session.end = at
        session.touchpoints += 1
        session.waited += touchpoint.wait_seconds
        table[customer] = session


if __name__ == "__main__":
    faust.Worker(app, loglevel="warn").execute_from_commandline()
