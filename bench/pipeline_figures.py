"""The figures of a pipeline's run, from what its probes and its processes say."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.pipeline_probes import Seen
from bench.report import Row
from bench.usage import Used

PARTS = 10
START_SECONDS = 3.0
RATE = "touchpoints_per_s"


@dataclass(frozen=True, slots=True)
class Run:
    """`queryable` of the `published` touchpoints came within `seconds`; `before` of them were there already.

    `late` is how late a touchpoint was published at worst (s). `seen` are the probes in order of their happening.
    """

    published: int
    queryable: int
    before: int
    seconds: float
    late: float
    seen: Sequence[Seen]
    used: Mapping[str, Used]
    steps: Sequence[Row] = ()
    """Where probes have spent their time, if that is known."""

    @property
    def worked(self) -> int:
        return self.queryable - self.before

    @property
    def rate(self) -> float:
        """Touchpoints a second."""
        return self.worked / self.seconds


def settled(seen: Sequence[Seen]) -> Sequence[Seen]:
    """Without those of the first seconds: a deployment that has only just started is slower than one that runs."""
    return [one for one in seen if one.occurred_at >= seen[0].occurred_at + START_SECONDS]


def freshness(seen: Sequence[Seen]) -> Row:
    """Quantiles of the seconds from a touchpoint's happening to a SELECT that shows it."""
    ages = sorted(one.age for one in seen)
    cuts = statistics.quantiles(ages, n=100, method="inclusive")
    return {
        "freshness_p50_s": cuts[49],
        "freshness_p90_s": cuts[89],
        "freshness_p99_s": cuts[98],
        "freshness_longest_s": ages[-1],
    }


def over_time(seen: Sequence[Seen]) -> Iterator[Row]:
    """The same in equal parts of the time: a pipeline that does not keep up grows staler from part to part."""
    size = -(-len(seen) // PARTS)
    for start in range(0, len(seen), size):
        part = seen[start : start + size]
        yield {"from_s": part[0].occurred_at - seen[0].occurred_at, **freshness(part)}


def processes(run: Run) -> Iterator[Row]:
    """What each process, and all together, used: seconds of processor per million touchpoints, cores, memory."""
    for name, used in run.used.items():
        yield _used(name, used.processor, used.megabytes, run)
    yield _used(
        "all", sum(one.processor for one in run.used.values()), sum(one.megabytes for one in run.used.values()), run
    )


def medians(rounds: Sequence[Sequence[Row]]) -> Iterator[Row]:
    """The rows of the rounds, each number the median of what they found; of several rounds all rates are told."""
    told = dict.fromkeys(row["what"] for rows in rounds for row in rows)
    for what in told:
        same = [row for rows in rounds for row in rows if row["what"] == what]
        names = dict.fromkeys(name for row in same for name in row if name != "what")
        row: Row = {"what": what}
        row |= {name: statistics.median(float(one[name]) for one in same if name in one) for name in names}
        if len(rounds) > 1 and RATE in names:
            row["rounds"] = " ".join(f"{one[RATE]:,.0f}" for one in same)
        yield row


def _used(name: str, processor: float, megabytes: float, run: Run) -> Row:
    return {
        "what": name,
        "processor_s_per_million": processor * 1e6 / run.worked,
        "cores": processor / run.seconds,
        "memory_mb": megabytes,
    }
