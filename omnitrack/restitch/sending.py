"""Hands histories to stitching, through the `customer` topic."""

from __future__ import annotations

from collections.abc import Iterable

from omnitrack.sending import RecordSender
from schemas.touchpoint import History, encode_customer_record


class HistorySender(RecordSender):
    """Sends the parts of a customer's history in their order."""

    def __init__(self, kafka: str, topic: str) -> None:
        """Connect. Raises `NotSentError`."""
        super().__init__(kafka)
        self._topic = topic

    def send_history(self, customer_id: str, parts: Iterable[History]) -> None:
        """Raises `NotSentError`."""
        for part in parts:
            self.send(self._topic, customer_id.encode(), encode_customer_record(part))
