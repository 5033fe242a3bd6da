"""The sessions by Bytewax, by hand on its state: `python bench/peers/bytewax_stateful.py KAFKA EVENTS SESSIONS`.

https://docs.bytewax.io/stable/guide/concepts/stateful.html, `stateful_flat_map`; snapshots as in `bytewax_window.py`.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSinkMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main

GAP = 30 * 60_000
Session = dict[str, int]


def take(session: Session | None, touchpoint: dict[str, Any]) -> tuple[Session, list[Session]]:
    """The customer's session with the touchpoint, and the one that it closes, if any."""
    at = touchpoint["occurred_at"]
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
    return session, closed


@cache
def begin() -> None:
    print("begin", flush=True)


def message(closed: tuple[str, Session]) -> KafkaSinkMessage[bytes, bytes]:
    customer, session = closed
    return KafkaSinkMessage(customer.encode(), json.dumps({"customer": customer, **session}).encode())


kafka, events, sessions = sys.argv[1:]
flow = Dataflow("sessions")
source = kop.input("events", flow, brokers=[kafka], topics=[events])
keyed = op.map("decode", source.oks, lambda record: (record.key.decode(), json.loads(record.value)))
over = op.stateful_flat_map("sessions", keyed, take)
kop.output("closed", op.map("message", over, message), brokers=[kafka], topic=sessions)

if __name__ == "__main__":
    folder = Path("recovery")
    folder.mkdir()
    init_db_dir(folder, 1)
    cli_main(flow, epoch_interval=timedelta(seconds=10), recovery_config=RecoveryConfig(str(folder)))
