"""The sessions by Bytewax' own session windows: `python bench/peers/bytewax_window.py KAFKA EVENTS SESSIONS`.

https://docs.bytewax.io/stable/guide/concepts/windowing.html and .../recovery.html: it has no changelog but snapshots,
in SQLite files, every ten seconds as by default.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSinkMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.operators import windowing as win
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main


@cache
def begin() -> None:
    print("begin", flush=True)


def start() -> dict[str, int]:
    begin()
    return {"start": 0, "end": 0, "touchpoints": 0, "waited": 0}


def grow(session: dict[str, int], touchpoint: dict[str, Any]) -> dict[str, int]:
    at = touchpoint["occurred_at"]
    session["start"] = session["start"] or at
    session["end"] = at
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


def at(touchpoint: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(touchpoint["occurred_at"] / 1000, UTC)


def message(closed: tuple[str, tuple[int, dict[str, int]]]) -> KafkaSinkMessage[bytes, bytes]:
    customer, (_, session) = closed
    return KafkaSinkMessage(customer.encode(), json.dumps({"customer": customer, **session}).encode())


kafka, events, sessions = sys.argv[1:]
flow = Dataflow("sessions")
source = kop.input("events", flow, brokers=[kafka], topics=[events])
keyed = op.map("decode", source.oks, lambda record: (record.key.decode(), json.loads(record.value)))
clock = win.EventClock(ts_getter=at, wait_for_system_duration=timedelta(0))
windower = win.SessionWindower(gap=timedelta(minutes=30))
windows = win.fold_window("sessions", keyed, clock, windower, start, grow, merge)
kop.output("closed", op.map("message", windows.down, message), brokers=[kafka], topic=sessions)

if __name__ == "__main__":
    folder = Path("recovery")
    folder.mkdir()
    init_db_dir(folder, 1)
    cli_main(flow, epoch_interval=timedelta(seconds=10), recovery_config=RecoveryConfig(str(folder)))
