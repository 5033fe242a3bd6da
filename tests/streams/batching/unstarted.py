"""A driver's thread that is not started, for consumers without a broker."""

from __future__ import annotations

from streams.batching.consumer_thread import BatchConsumerThread


class Unstarted(BatchConsumerThread):
    def wake(self) -> None:
        """Nobody waits for room."""
