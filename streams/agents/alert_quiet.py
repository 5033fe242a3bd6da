"""Rows that ask for no judgement, as the compiled core takes them in; the others are left to be read by Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.topics import Topics
from streams.alerting.facts import Handoff
from streams.batching import Batch, Record
from streams.meters import RECORDS_LEFT

if TYPE_CHECKING:
    from streams._core import Quiet, TakenIn


@dataclass(frozen=True, slots=True)
class Sifted:
    """The records of a batch that are still to be read, and what became of the others (None: nothing)."""

    left: Sequence[Record]
    taken: TakenIn | None = None

    @property
    def counted(self) -> Iterator[tuple[Handoff, int]]:
        """Handoffs that shares may ask for, at the beginning of their interval, and how many times more they count."""
        for at, (intent, come_from, gone_to, result), failures, care, times in self.taken.counted if self.taken else ():
            yield Handoff(0, 0, at, 0, None, intent, come_from, gone_to, result, failures, care), times


def sift(
    quiet: Quiet | None, batch: Batch, topics: Topics, held: set[str], states: Mapping[bytes, bytes], now: int
) -> Sifted:
    """Take in what asks for no judgement, of customers who are not `held`, at `now` (ms); changes nothing.

    `states` are those of the batch's partition. Without a compiled core all is left.
    """
    if quiet is None:
        return Sifted(batch.records)
    if batch.topic == topics.stitched:
        return Sifted([batch.records[place] for place in quiet.waits(batch.records)])
    if batch.topic == topics.journeys:
        return _sifted(batch, quiet.take_journeys(batch.records, held, states, now))
    if batch.topic == topics.handoffs:
        return _sifted(batch, quiet.take_handoffs(batch.records, held, states, now))
    return Sifted(batch.records)


def _sifted(batch: Batch, taken: TakenIn) -> Sifted:
    for reason, count in Counter(reason for _, reason in taken.left).items():
        RECORDS_LEFT.labels("alert", reason).inc(count)
    return Sifted([batch.records[place] for place, _ in taken.left], taken)
