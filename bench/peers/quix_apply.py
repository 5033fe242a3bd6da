"""The sessions by Quix Streams, by hand on its state: `python bench/peers/quix_apply.py KAFKA EVENTS SESSIONS`.

https://quix.io/docs/quix-streams/advanced/stateful-processing.html: the default state store (RocksDB), its changelog.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

from quixstreams import Application, State

GAP = 30 * 60_000


def take(touchpoint: dict[str, Any], state: State) -> list[dict[str, int]]:
    """The session that the touchpoint closes, if any."""
    at = touchpoint["occurred_at"]
    session = state.get("session")
    closed = []
    if session is None or at - session["end"] > GAP:
        if session is None:
            begin()
        else:
            closed.append(session)
        session = {"start": at, "touchpoints": 0, "waited": 0}
    session["end"] = at
    session["touchpoints"] += 1
    session["waited"] += touchpoint["wait_seconds"]
    state.set("session", session)
    return closed


@cache
def begin() -> None:
    print("begin", flush=True)


kafka, events, sessions = sys.argv[1:]
app = Application(kafka, consumer_group=sessions, auto_offset_reset="earliest", loglevel="WARNING")
frame = app.dataframe(app.topic(events, value_deserializer="json", key_deserializer="str"))
frame = frame.apply(take, stateful=True, expand=True)
frame = frame.apply(lambda session, key, timestamp, headers: {"customer": key, **session}, metadata=True)
frame.to_topic(app.topic(sessions, value_serializer="json", key_serializer="str"))

if __name__ == "__main__":
    app.run()
