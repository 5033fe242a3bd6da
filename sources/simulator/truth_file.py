"""The truth of a play as JSON lines: `{"kind": …, "row": …}`, kinds `journey` `handoff` `promise` `dirt` `clock`."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from schemas.catalogue import Catalogue
from sources.simulator.dirt import Delivery
from sources.simulator.play import JourneyPlay
from sources.simulator.truth import tell

_encode = msgspec.json.Encoder().encode


class TruthFile:
    """Writes what the specification makes of a play. Rows stand as of the clock that the last line tells.

    Of each record with a fate other than `stored` there is a line `dirt`: its channel's topic, event_id, fate, and the
    SHA-256 of its bytes. OSError escapes.
    """

    def __init__(self, path: Path, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._file = path.open("wb")
        self._unsettled: list[JourneyPlay] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def add_delivery(self, delivery: Delivery) -> None:
        """Note what must become of a record that will not be stored, by the SHA-256 of its payload."""
        if delivery.fate != "stored":
            digest = sha256(delivery.payload).hexdigest()
            row = {"channel": delivery.channel, "event_id": delivery.event_id, "fate": delivery.fate, "sha256": digest}
            self._write("dirt", row)

    def add_journeys(self, journeys: list[JourneyPlay], now: int) -> None:
        """Take in journeys, and write those of all so far that nothing will change after `now`."""
        waiting = self._unsettled + journeys
        self._unsettled = [play for play in waiting if play.settles_at >= now]
        for play in waiting:
            if play.settles_at < now:
                self._tell(play, now, now)

    def end(self, until: int, clock: int) -> None:
        """Write the journeys that are left, as played up to `until` and standing at `clock` (UTC ms)."""
        for play in self._unsettled:
            self._tell(play, until, clock)
        self._unsettled = []
        self._write("clock", {"until": until, "clock": clock})

    def _tell(self, play: JourneyPlay, until: int, clock: int) -> None:
        told = tell(play, until, clock, self._catalogue)
        if told is None:
            return
        self._write("journey", told.journey)
        for handoff in told.handoffs:
            self._write("handoff", handoff)
        for promise in told.promises:
            self._write("promise", promise)

    def _write(self, kind: str, row: Any) -> None:
        self._file.write(_encode({"kind": kind, "row": row}) + b"\n")
