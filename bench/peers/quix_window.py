"""The sessions by Quix Streams' own session windows: `python bench/peers/quix_window.py KAFKA EVENTS SESSIONS`.

https://quix.io/docs/quix-streams/windowing.html#session-windows: the default state store (RocksDB) with its changelog,
results when a window is closed; time goes by key, as by default.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from functools import cache
from typing import Any

from quixstreams import Application


@cache
def begin() -> None:
    print("begin", flush=True)


def start(touchpoint: dict[str, Any]) -> dict[str, int]:
    begin()
    at = touchpoint["occurred_at"]
    return {"start": at, "end": at, "touchpoints": 1, "waited": touchpoint["wait_seconds"]}


def grow(session: dict[str, int], touchpoint: dict[str, Any]) -> dict[str, int]:
    session["end"] = touchpoint["occurred_at"]
    session["touchpoints"] += 1
    session["waited"] += touchpoint["wait_seconds"]
    return session


def merge(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {
        "start": min(one["start"], other["start"]),
        "end": max(one["end"], other["end"]),
        "touchpoints": one["touchpoints"] + other["touchpoints"],
        "waited": one["waited"] + other["waited"],
    }


kafka, events, sessions = sys.argv[1:]
app = Application(kafka, consumer_group=sessions, auto_offset_reset="earliest", loglevel="WARNING")
frame = app.dataframe(app.topic(events, value_deserializer="json", key_deserializer="str"))
frame = frame.session_window(timedelta(minutes=30)).reduce(grow, start, merger=merge).final()
frame = frame.apply(lambda window, key, timestamp, headers: {"customer": key, **window["value"]}, metadata=True)
frame.to_topic(app.topic(sessions, value_serializer="json", key_serializer="str"))

if __name__ == "__main__":
    app.run()
