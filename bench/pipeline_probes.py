"""When the probes of the pipeline's load can be queried, and whether everything can in the end."""

from __future__ import annotations

import time
from dataclasses import dataclass

from bench.pipeline_load import PROBE
from sinks.clickhouse.client import connect
from sinks.clickhouse.settings import ClickHouseSettings

CHECK_SECONDS = 60.0
UNASKED_SECONDS = 1.0
"""How long the number of rows is trusted to tell that nothing has come: a merge may take as many as come."""

LOOK = f"""
SELECT event_id, toUnixTimestamp64Milli(occurred_at)
FROM touchpoints
WHERE startsWith(customer_id, '{PROBE}') AND customer_id >= {{first:String}}
"""  # noqa: S608 -- our own prefix


@dataclass(frozen=True, slots=True)
class Seen:
    """A probe; when its touchpoint happened, and when a SELECT had shown it (epoch, in seconds)."""

    occurred_at: float
    visible_at: float

    @property
    def age(self) -> float:
        return self.visible_at - self.occurred_at


class Probes:
    """The `count` probes of a run, as ClickHouse at `url` shows them."""

    def __init__(self, url: str, count: int) -> None:
        self._client = connect(ClickHouseSettings.of(url))
        self._first = 0
        self._rows = 0
        self._asked_at = float("-inf")
        self.count = count
        self.seen: dict[str, Seen] = {}

    @property
    def complete(self) -> bool:
        return len(self.seen) == self.count

    def look(self) -> None:
        """Ask for those that were not there yet, if anything has come."""
        # It is answered from what parts know of themselves; the probes have to be looked for in them.
        [(rows,)] = self._client.execute("SELECT count() FROM touchpoints")
        if rows == self._rows and time.monotonic() - self._asked_at < UNASKED_SECONDS:
            return
        self._rows, self._asked_at = rows, time.monotonic()
        self._ask()

    def _ask(self) -> None:
        found = self._client.execute(LOOK, {"first": _name(self._first)})
        now = time.time()
        for event_id, occurred_at in found:
            if event_id not in self.seen:
                self.seen[event_id] = Seen(occurred_at / 1000, now)
        while _name(self._first) in self.seen:
            self._first += 1

    def stored(self, published: int) -> int:
        """How many touchpoints are stored; waits for a while until it is as many as were `published`."""
        deadline = time.monotonic() + CHECK_SECONDS
        while (stored := int(self._client.execute("SELECT count() FROM touchpoints FINAL")[0][0])) != published:
            if time.monotonic() > deadline:
                break
            time.sleep(1.0)
        return stored

    def close(self) -> None:
        """Leave the server."""
        self._client.disconnect()


def _name(number: int) -> str:
    return f"{PROBE}{number:06}"
