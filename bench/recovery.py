"""How long a worker takes to have its state again: from the start of recovery to ready, and where the time goes.

`python -m bench.recovery [--customers N] [--models N] [--rounds N] [--kafka HOST:PORT]`; without an address it starts
Apache Kafka in a temporary folder. The states are those of simulated customers with a journey each in the horizon, made
by the core. The same topic is read by a bare loop of the driver in the same run: what reading it costs at least in
Python. Each reading is done by a process of its own; seconds are of the wall clock and of the processor.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import uuid

from bench.recovery_states import State, simulated_states, states
from bench.report import Report, add_json_option
from bench.streams_load import sender
from bench.streams_throughput import broker
from schemas.batched import batched
from schemas.topics import Topics
from streams.batching import Outgoing
from streams.placing import place
from streams.provision import ensure_topics

PARTITIONS = 4
PER_SEND = 4_000
WHOLE = ("wall", "processor", "records", "bytes", "memory")

Measured = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=500_000)
    parser.add_argument("--models", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kafka")
    add_json_option(parser)
    options = parser.parse_args()
    models = simulated_states(options.models)
    with broker(options.kafka) as kafka:
        topics = Topics(f"bench-{uuid.uuid4().hex[:8]}.")
        asyncio.run(ensure_topics(kafka, topics, partitions=PARTITIONS, replication=1))
        asyncio.run(publish(kafka, topics, options.customers, models))
        taken: dict[str, list[Measured]] = {"bare": [], "worker": []}
        for _ in range(options.rounds):
            for stage, measured in taken.items():
                measured.append(run(stage, kafka, topics))
    found = Report("recovery", vars(options))
    report(options.customers, taken, found)
    found.write(options.json)


async def publish(kafka: str, topics: Topics, customers: int, models: list[tuple[str, State]]) -> None:
    """Write the states to the changelog as a worker does: all keys of a customer in one record batch."""
    async with sender(kafka) as send:
        for chunk in batched(states(customers, models), PER_SEND):
            groups: dict[int, list[State]] = {number: [] for number in range(PARTITIONS)}
            for customer, state in chunk:
                groups[place(customer, PARTITIONS)[1]].append(state)
            await send(Outgoing(topics.state, number, each) for number, each in groups.items() if each)


def run(stage: str, kafka: str, topics: Topics) -> Measured:
    """What the stage's process says of itself."""
    command = [sys.executable, "-m", "bench.recovery_stage", stage, kafka, topics.prefix, str(PARTITIONS)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=600)
    measured: Measured = json.loads(done.stdout.splitlines()[-1])
    return measured


def report(customers: int, taken: dict[str, list[Measured]], found: Report) -> None:
    for stage, rounds in taken.items():
        middle = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
        wall, processor, records, size, memory = (middle.pop(name) for name in WHOLE)
        found.add(
            what=stage,
            customers=customers,
            wall_s=wall,
            processor_s=processor,
            records=round(records),
            changelog_mb=size / 1e6,
            memory_mb=memory / 1e6,
        )
        print(f"{stage}: {customers:,} customers, {records:,.0f} records, {size / 1e6:,.0f} MB")
        print(f"    {wall:.1f} s, {processor:.1f} s of processor, {memory / 1e6:,.0f} MB in memory then, of which")
        for layer, seconds in middle.items():
            print(f"    {layer:42}{seconds:6.2f} s of processor")


if __name__ == "__main__":
    main()
