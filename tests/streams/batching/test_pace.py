"""A broker is asked for more once in a while, unless it is known to hold more."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from aiokafka.protocol.fetch import FetchRequest

from streams.batching.pace import Pace

LOOKS_AGAIN = 0.2
RESETS = {7: [TopicPartition("t", 3)]}


@dataclass
class Driver:
    """The driver's fetcher: asks what it is told to, and its assignment knows the partitions' ends."""

    now: float = 100.0
    ends: dict[TopicPartition, int] = field(default_factory=dict)
    wanted: dict[int, dict[TopicPartition, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Pace(self, 0.1, lambda: self.now)

    def _get_actions_per_node(self, assignment: Any) -> tuple[Any, ...]:
        requests = []
        for node, positions in self.wanted.items():
            topics = [(tp.topic, [(tp.partition, position, 1)]) for tp, position in positions.items()]
            requests.append((node, FetchRequest(250, 1, 1, 0, topics)))
        return requests, RESETS, LOOKS_AGAIN, False, []

    def state_value(self, tp: TopicPartition) -> Any:
        return SimpleNamespace(highwater=self.ends.get(tp))

    def asks(self, at: float, *nodes: int, position: int = 5) -> tuple[list[int], float]:
        """The brokers that are asked of those the driver would ask, and in how many seconds it looks again."""
        self.now = 100.0 + at
        self.wanted = {node: {TopicPartition("t", node): position} for node in nodes}
        requests, resets, timeout, invalid, resumed = self._get_actions_per_node(self)
        assert (resets, invalid, resumed) == (RESETS, False, [])
        return [node for node, _ in requests], round(timeout, 6)


def test_a_broker_that_was_asked_lately_waits_and_the_driver_looks_again_in_time() -> None:
    driver = Driver(ends={TopicPartition("t", 1): 5})

    assert driver.asks(0.0, 1) == ([1], LOOKS_AGAIN)
    assert driver.asks(0.03, 1) == ([], 0.07)
    assert driver.asks(0.09, 1) == ([], 0.01)
    assert driver.asks(0.11, 1) == ([1], LOOKS_AGAIN)
    assert driver.asks(0.12, 1) == ([], 0.09)


def test_one_that_is_known_to_hold_more_is_asked_at_once() -> None:
    driver = Driver(ends={TopicPartition("t", 1): 6})

    assert [driver.asks(at, 1)[0] for at in (0.0, 0.01, 0.02)] == [[1], [1], [1]]
    assert driver.asks(0.03, 1, position=6) == ([], 0.09)


def test_one_of_which_nothing_is_known_yet_waits_no_longer_than_any_other() -> None:
    driver = Driver()

    assert driver.asks(0.0, 1)[0] == [1]
    assert driver.asks(0.1, 1)[0] == [1]


def test_each_broker_has_a_pace_of_its_own() -> None:
    driver = Driver(ends={TopicPartition("t", 1): 5, TopicPartition("t", 2): 5})

    assert driver.asks(0.0, 1)[0] == [1]
    assert driver.asks(0.05, 1, 2) == ([2], 0.05)
    assert driver.asks(0.11, 1, 2) == ([1], 0.04)
