"""What waits for a receiver is read from Kafka, or it is said why not."""

from __future__ import annotations

import pytest

from omnitrack.broker_reader import BrokerUnavailableError
from omnitrack.notify import waiting
from omnitrack.notify.waiting import Queue
from omnitrack.ports import LOOPBACK, free_port
from omnitrack.settings import resolve_endpoints


def test_a_kafka_that_is_away_is_named_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "ANSWER_SECONDS", 0.2)
    address = f"{LOOPBACK}:{free_port()}"
    endpoints = resolve_endpoints(address)
    with pytest.raises(BrokerUnavailableError, match=rf"Kafka at {address} does not answer: .*Connect call failed"):
        Queue(endpoints)
