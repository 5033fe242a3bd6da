"""Sends ticks to customers whose rows change by the clock; `stitch` acts on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from schemas.topics import Topics
from schemas.touchpoint import Tick, encode_customer_record
from streams.agents.stitch import PartitionTimes, Stitch
from streams.batching import Outgoing
from streams.checkpoint import Publisher

TICKS_PER_ROUND = 2_000
"""Per partition: bounds what a round writes after a long backlog."""


class CaughtUp(Protocol):
    def __call__(self, partition: int) -> bool:
        """Whether the partition of `customer` is owned and has nothing left to do."""
        ...


async def send_ticks(
    stitch: Stitch, topics: Topics, publisher: Publisher, caught_up: CaughtUp, now: Callable[[], int]
) -> int:
    """One round over all owned partitions that have caught up; returns how many ticks were sent.

    Raises what the publisher raises; the customers are due again in the next round then.
    """
    at = now()
    rounds = [
        (partition, times, times.due.due(at, TICKS_PER_ROUND))
        for partition, times in stitch.times.items()
        if caught_up(partition)
    ]
    rounds = [one for one in rounds if one[2]]
    if not rounds:
        return 0
    value = encode_customer_record(Tick(at))
    try:
        await publisher.send(
            Outgoing(topics.customer, partition, ([(customer.encode(), value) for customer in customers],))
            for partition, _, customers in rounds
        )
    except BaseException:
        _put_back(rounds, at)
        raise
    return sum(len(customers) for _, _, customers in rounds)


def _put_back(rounds: list[tuple[int, PartitionTimes, list[str]]], at: int) -> None:
    for _, times, customers in rounds:
        for customer in customers:
            times.due.set(customer, at)
