"""What the broker's offsets tell about touchpoints that are still on their way to `customer`. Pure.

A touchpoint comes to its customer straight from ingest, or through the `identity` topic, where a chain of records may
have to be worked off before it goes on. Consumers commit what they have read after what it led to is durable, whichever
worker they run in; so an end that is committed tells that everything in front of it has gone one step further.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from schemas.topics import Topics

Source = tuple[str, int]
"""A partition that touchpoints come from: topic and number."""

Offsets = Mapping[Source, int]

Times = Mapping[Source, int]
"""A time of each source (UTC ms)."""

IDENTITY_STEPS = 3
"""How long a chain within the identity topic is: a touchpoint that is held, what it asks, what it is answered."""

LIVE_MS = 3_000
"""A source that is committed up to what it held so long ago is live; one that is not lags."""

_MOST_WAVES = 8


@dataclass(frozen=True, slots=True)
class Reading:
    """What the broker told: `ends` were asked for at `at` (UTC ms), and `committed` after they had come."""

    at: int
    ends: Offsets
    committed: Offsets


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in each partition of `customer`: the offset `ends`, by its number.

    In front of it are all touchpoints that a source of `fresh` held at the time given there. Of every source there are
    all those in front of it that ingest had taken in when `customer` reached to `begins`: what came through the
    identity topic came later than what came straight, but before `ends`.
    """

    begins: Mapping[int, int]
    ends: Mapping[int, int]
    fresh: Times


@dataclass(slots=True)
class _Wave:
    """Touchpoints that have left the inputs, and may still be in the identity topic, in front of `ends`."""

    begins: Mapping[int, int]
    fresh: Times
    steps: int = 0
    ends: Offsets | None = None


class Upstream:
    """Follows touchpoints from the `inputs` through `identity` into `customer`, from one reading to the next."""

    def __init__(self, inputs: Collection[Source], identity: Collection[Source], customer: Collection[Source]) -> None:
        self.inputs = inputs
        self._identity = identity
        self._customer = customer
        self._recent: deque[Reading] = deque()
        self._waves: list[_Wave] = []
        self._committed: Offsets = {}

    @classmethod
    def of(cls, topics: Topics, count: int) -> Upstream:
        """That of a deployment whose topics have `count` partitions each."""
        ways = (topics.inputs, (topics.identity,), (topics.customer,))
        return cls(*(partitions_of(names, count) for names in ways))

    @property
    def partitions(self) -> tuple[Source, ...]:
        """All that a reading has to tell of."""
        return (*self.inputs, *self._identity, *self._customer)

    def read(self, reading: Reading) -> Mark | None:
        """Take note of a reading; returns the latest mark that it completes."""
        arrived = [number for number, wave in enumerate(self._waves, 1) if self._advance(wave, reading)]
        # Where a later wave has got through, the earlier ones have.
        through, self._waves = self._waves[: max(arrived, default=0)], self._waves[max(arrived, default=0) :]
        self._committed = reading.committed
        self._begin_wave(reading)
        if not through:
            return None
        return Mark(through[-1].begins, self._customer_ends(reading), reduce(latest, (wave.fresh for wave in through)))

    def _advance(self, wave: _Wave, reading: Reading) -> bool:
        """Whether the wave had left the identity topic before the reading's ends were asked for."""
        if wave.steps >= IDENTITY_STEPS:
            return True
        if wave.ends is None:
            wave.ends = {source: reading.ends.get(source, 0) for source in self._identity}
            if covers(self._committed, wave.ends):
                # All was worked off before these ends were asked for, so nothing is left that could be written.
                return True
        if covers(reading.committed, wave.ends):
            wave.steps, wave.ends = wave.steps + 1, None
        return False

    def _begin_wave(self, reading: Reading) -> None:
        self._recent.append(reading)
        while self._recent[0].at < reading.at - LIVE_MS:
            self._recent.popleft()
        if len(self._waves) < _MOST_WAVES:
            fresh = {source: at for source in self.inputs if (at := self._fresh(source, reading)) is not None}
            self._waves.append(_Wave(self._customer_ends(reading), fresh))

    def _fresh(self, source: Source, reading: Reading) -> int | None:
        """The latest time at which all that the source held is committed by now."""
        committed = reading.committed.get(source, 0)
        return next((past.at for past in reversed(self._recent) if past.ends.get(source, 0) <= committed), None)

    def _customer_ends(self, reading: Reading) -> dict[int, int]:
        return {source[1]: reading.ends.get(source, 0) for source in self._customer}


def latest(one: Times, other: Times) -> Times:
    """Of each source the greater time."""
    return {source: max(one.get(source, 0), other.get(source, 0)) for source in {**one, **other}}


def partitions_of(topics: Iterable[str], count: int) -> tuple[Source, ...]:
    """The partitions of topics that have `count` of them each."""
    return tuple((topic, number) for topic in topics for number in range(count))


def covers(committed: Offsets, ends: Offsets) -> bool:
    """Whether all in front of `ends` is committed."""
    return all(committed.get(source, 0) >= end for source, end in ends.items())
