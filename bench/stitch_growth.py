"""What stitching a touchpoint costs as customers, their history and the disorder grow, without Kafka.

`python -m bench.stitch_growth [--count N]`: the agent takes batches of arrivals as from one partition, its states are
in a dictionary; only its own work is measured, decoding and encoding included, in seconds of the processor for the last
half of each case, none of which has more than N touchpoints. Late are those that come up to an hour after their time
among the others. Each case is stitched twice: with the compiled core, and by the Python core alone.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from bench.report import Report, add_json_option
from bench.streams_load import Received, arrivals
from schemas.batched import batched
from schemas.catalogue import Catalogue
from schemas.topics import Topics
from streams.agents.stitch import Stitch
from streams.app import STITCH_RECORDS
from streams.batching import Batch, Outgoing, Write
from streams.compiled import core_for
from streams.settings import CoreChoice

PER_SECOND = 10
"""Of event time, as the load has it."""

LATEST = 3_600 * PER_SECOND
CUSTOMERS = (1_000, 5_000, 25_000, 125_000)
EACH = 8
HISTORIES = (8, 40, 200)
DISORDER = (0.0, 0.01, 0.05, 0.2)
FEW, USUAL = 1_000, 5_000
DISORDERED = 300_000


@dataclass(slots=True)
class Memory:
    """The states of one partition."""

    state: dict[bytes, bytes] = field(default_factory=dict)

    def partition(self, partition: int) -> Mapping[bytes, bytes]:
        return self.state

    async def write_batch(self, partition: int, groups: Iterable[Sequence[Write]]) -> None:
        self.apply(groups)

    def apply(self, groups: Iterable[Sequence[Write]]) -> int:
        """Put and delete; returns how many bytes a changelog would get."""
        size = 0
        for key, value in (write for group in groups for write in group):
            size += len(key) + len(value or b"")
            if value is None:
                self.state.pop(key, None)
            else:
                self.state[key] = value
        return size


class Nowhere:
    """A publisher whose records go nowhere."""

    async def send(self, outgoing: Iterable[Outgoing]) -> object:
        return None


@dataclass(slots=True)
class Used:
    """What the counted touchpoints took: seconds of the processor, and bytes read and written."""

    touchpoints: int = 0
    processor: float = 0.0
    read: int = 0
    rows: int = 0
    changelog: int = 0

    @property
    def each(self) -> float:
        """Seconds of the processor per million touchpoints."""
        return self.processor * 1e6 / self.touchpoints


def records(count: int, customers: int, late: float) -> Iterator[Received]:
    """The load's arrivals in the order in which they come."""
    chance = random.Random(7)
    placed: list[tuple[float, bytes, bytes]] = []
    for chunk in arrivals(Topics(), count, customers, 1):
        for _, key, value in chunk:
            delay = chance.random() * min(LATEST, count / 4) if chance.random() < late else 0.0
            placed.append((len(placed) + delay, key, value))
    placed.sort(key=lambda each: each[0])
    for offset, (_, key, value) in enumerate(placed):
        yield Received(offset, value, 0, key)


def measure(
    count: int, customers: int, late: float, core: CoreChoice, profile: AbstractContextManager[object] | None = None
) -> Used:
    """What the last half of the touchpoints took; all of the agent's work is done in `profile`, if there is one."""
    now = time.time_ns() // 1_000_000
    states, used = Memory(), Used()
    stitch = Stitch(Topics(), Catalogue(), states, Nowhere(), lambda: now, (), core_for(core, Catalogue()))
    read = 0
    for chunk in batched(records(count, customers, late), STITCH_RECORDS):
        read += len(chunk)
        # Everything is as old as the load: the clock goes with what has come.
        clock = now - (count - read) * 1_000 // PER_SECOND
        began = time.process_time()
        with profile or nullcontext():
            stitched = stitch.stitch(Batch("customer", 0, chunk, chunk[-1].offset + 1), clock)
            outputs = list(stitched.effects.outputs)
        took = time.process_time() - began
        changelog = states.apply(stitched.effects.writes)
        stitch.times[0].due.set(stitched.due)
        if read > count / 2:
            used.touchpoints += len(chunk)
            used.processor += took
            used.read += sum(len(record.key or b"") + len(record.value) for record in chunk)
            used.rows += sum(len(k or b"") + len(v or b"") for one in outputs for group in one.groups for k, v in group)
            used.changelog += changelog
    return used


def cases(count: int) -> Iterator[tuple[str, int, int, float]]:
    """What varies, and touchpoints, customers and the share that is late; none with more than `count` touchpoints."""
    for customers in CUSTOMERS:
        if customers * EACH <= count:
            yield f"{customers:,} customers", customers * EACH, customers, 0.0
    for history in HISTORIES:
        if history * FEW <= count:
            yield f"{history} touchpoints of each of {FEW:,} customers", history * FEW, FEW, 0.0
    for late in DISORDER:
        yield f"{late:.0%} late, {USUAL:,} customers", min(count, DISORDERED), USUAL, late


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    add_json_option(parser)
    options = parser.parse_args()
    found = Report("stitch_growth", vars(options))
    print(f"{'processor s per million':52} {'compiled':>8} {'python':>8}   bytes per touchpoint: read, rows, changelog")
    for what, count, customers, late in cases(options.count):
        used, python = measure(count, customers, late, "compiled"), measure(count, customers, late, "python")
        sizes = [size / used.touchpoints for size in (used.read, used.rows, used.changelog)]
        found.add(
            what=what,
            processor_s_per_million=used.each,
            by_python_s_per_million=python.each,
            bytes_read=sizes[0],
            bytes_of_rows=sizes[1],
            bytes_of_changelog=sizes[2],
        )
        costs = f"{used.each:>8.1f} {python.each:>8.1f}"
        print(f"{what:52} {costs}   {sizes[0]:,.0f}, {sizes[1]:,.0f}, {sizes[2]:,.0f}", flush=True)
    found.write(options.json)


if __name__ == "__main__":
    main()
