"""A bank with a pseudonymisation key: its pipeline, and the identities that were ever sent to it."""

from __future__ import annotations

import json
from base64 import b64decode
from collections import defaultdict
from time import time_ns
from typing import Any, cast

from schemas.catalogue import Catalogue
from schemas.rows import DeadLetter
from sinks.clickhouse.client import connected
from sources.simulator import Plan, Simulation
from streams.pseudonym import Pseudonyms
from tests.omnitrack.pipeline import UNLIMITED, Pipeline

KEY, NEXT_KEY = "a key that only tests have", "the key that comes after it"
PSEUDONYMS = Pseudonyms(KEY.encode())
RULES = UNLIMITED + "alerts: {rules: {broken_promise: {kind: deadline}}}\n"
DAY = 86_400_000
TELLING = 6
"""Characters from which on a text is not found by chance."""


class Bank:
    """The pipeline with the key, and the identities that were ever sent to it."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.clear: set[str] = set()

    def publish(self, *records: bytes, channel: str = "wechat") -> None:
        for record in records:
            self.clear |= identities_of(record)
        self.pipeline.streams.publish(records, channel)

    def simulate(self) -> None:
        """Two days of customers, and of what channel systems do wrong."""
        now = time_ns() // 1_000_000
        simulation = Simulation(Plan(since=now - 2 * DAY, customers=40, journeys_per_day=1, dirt=0.1), Catalogue())
        by_channel: dict[str, list[bytes]] = defaultdict(list)
        for delivery in [*simulation.advance(now), *simulation.finish(now)]:
            by_channel[delivery.channel].append(delivery.payload)
        for channel, records in by_channel.items():
            self.publish(*records, channel=channel)

    def letters(self, text: str) -> list[DeadLetter]:
        """The dead letters that hold the text, once opened."""
        found = cast("list[DeadLetter]", self.pipeline.rows("dead_letters"))
        return [one for one in found if text.encode() in PSEUDONYMS.unseal(b64decode(one.payload))]

    def refused(self) -> list[DeadLetter]:
        """The letters of those who were erased."""
        found = cast("list[DeadLetter]", self.pipeline.rows("dead_letters"))
        return [one for one in found if one.reason == "erased"]

    def has_alert(self, customer_id: str) -> bool:
        with connected(self.pipeline.clickhouse) as client:
            query = "SELECT count() FROM alerts WHERE customer_id = {customer:String}"
            return bool(client.execute(query, {"customer": customer_id})[0][0])


def identities_of(record: bytes) -> set[str]:
    """The texts in a record that tell who somebody is."""
    try:
        message = json.loads(record)
    except ValueError:
        return set()
    identities = message.get("identities") if isinstance(message, dict) else None
    values: list[Any] = [*identities.values()] if isinstance(identities, dict) else []
    values += [message.get("session_id")] if isinstance(message, dict) else []
    return {value for value in values if isinstance(value, str) and len(value) >= TELLING}
