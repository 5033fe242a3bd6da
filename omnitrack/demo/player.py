"""The simulated bank at work in a thread of its own, beside the view."""

from __future__ import annotations

from threading import Thread
from types import TracebackType
from typing import Self

from schemas.catalogue import Catalogue
from schemas.topics import Topics
from sources.simulator import Plan, Simulation
from sources.simulator.conductor import Conductor
from sources.simulator.senders import RawSender, SendFailedError

_END_SECONDS = 40.0


class Player:
    """Plays a plan into Kafka from the beginning of its block to the end of it; `failure` tells why it could not."""

    def __init__(self, plan: Plan, catalogue: Catalogue, kafka: str, topics: Topics) -> None:
        self.failure: str | None = None
        self.in_history = True
        self._plan = plan
        self._sender = RawSender(kafka, topics)
        self._conductor = Conductor(Simulation(plan, catalogue), self._sender)
        self._thread = Thread(target=self._play, name="simulator", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()
        self._sender.close()

    @property
    def sent(self) -> int:
        """How many records were sent, dirt included."""
        return self._conductor.sent

    def end(self) -> None:
        """Send what is still under way, and return when all has arrived in Kafka."""
        self._conductor.stop.set()
        self._thread.join(_END_SECONDS)

    def _play(self) -> None:
        try:
            if self._plan.live_from is not None:
                self._conductor.play_history(self._plan.live_from)
            self.in_history = False
            self._conductor.play_live()
            self._conductor.finish()
        except SendFailedError as error:
            self.failure = str(error)
