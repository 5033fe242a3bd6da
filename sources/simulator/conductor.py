"""Plays a simulation out to a sender: history at full speed, then live at the pace of the clock."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from threading import Event

from sources.simulator.dirt import Delivery, Fate
from sources.simulator.senders import Sender
from sources.simulator.simulation import Simulation
from sources.simulator.truth_file import TruthFile

_BEAT_SECONDS = 0.05
_TELL_EVERY = 5_000


def now() -> int:
    """The wall clock in UTC ms."""
    return time.time_ns() // 1_000_000


class Conductor:
    """One play from beginning to end; `stop` may be set from any thread and ends it between two deliveries.

    `fates` counts what was sent by its expected fate, `played_until` is how far the play has come (UTC ms).
    What the sender raises escapes.
    """

    def __init__(self, simulation: Simulation, sender: Sender, truth: TruthFile | None = None) -> None:
        self.stop = Event()
        self.fates: Counter[Fate] = Counter()
        self.sent = 0
        self.journeys = 0
        self.played_until = 0
        self._simulation = simulation
        self._sender = sender
        self._truth = truth

    def play_history(self, until: int, progress: Callable[[int], None] = lambda at: None) -> None:
        """Send all that is published up to `until`; `progress` is told now and then how far that is (UTC ms)."""
        for delivery in self._simulation.advance(until):
            self._send(delivery)
            self.played_until = max(self.played_until, delivery.publish_at)
            if self.sent % _TELL_EVERY == 0:
                self._take_journeys()
                progress(self.played_until)
            if self.stop.is_set():
                return
        self.played_until = until

    def play_live(self, seconds: float | None = None, progress: Callable[[int], None] = lambda at: None) -> None:
        """Send what is published when its time has come, until `stop` or for so many seconds."""
        ends = None if seconds is None else time.monotonic() + seconds
        while not self.stop.is_set() and (ends is None or time.monotonic() < ends):
            self.play_history(now())
            progress(self.played_until)
            self.stop.wait(_BEAT_SECONDS)

    def finish(self) -> None:
        """Send what is still under way, wait until all has arrived, and tell the truth."""
        for delivery in self._simulation.finish(self.played_until):
            self._send(delivery)
        self._sender.flush()
        self._take_journeys()
        if self._truth is not None:
            self._truth.end(self.played_until, self.played_until)

    def _send(self, delivery: Delivery) -> None:
        self._sender.send(delivery)
        self.sent += 1
        self.fates[delivery.fate] += 1
        if self._truth is not None:
            self._truth.add_delivery(delivery)

    def _take_journeys(self) -> None:
        journeys = self._simulation.take_journeys()
        self.journeys += len(journeys)
        if self._truth is not None:
            self._truth.add_journeys(journeys, self.played_until)
