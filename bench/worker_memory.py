"""Memory of a stream worker by the number of customers in its state: python -m bench.worker_memory [customers…]

Fills the state table of a worker's app as recovery does, with the states of simulated customers (a journey each within
the horizon), and learns when each customer is due; each number in a process of its own. There is no broker: what is
fetched and under way comes on top.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from types import SimpleNamespace

import psutil

from bench.recovery_states import State, simulated_states, states
from bench.streams_load import Received
from schemas.catalogue import Catalogue
from schemas.topics import Topics
from streams.agents.stitch import Stitch
from streams.app import create_streams
from streams.batching import Batch, BatchTable
from streams.now import now_ms
from streams.settings import StreamSettings

PARTITIONS = 4
AT_ONCE = 10_000
MODELS = 3_000
MEGABYTE = 1_000_000


def fetched(partition: int, customers: list[tuple[str, State]]) -> Batch:
    # Values of their own, as a broker's would be: the models' are shared.
    records = [Received(0, bytes(bytearray(value)), 0, key) for _, state in customers for key, value in state]
    return Batch("state", partition, records, 1)


def fill(table: BatchTable, customers: int) -> tuple[int, int]:
    """How many keys and bytes were put into it."""
    made = states(customers, simulated_states(MODELS))
    keys = size = number = 0
    while chunk := list(islice(made, AT_ONCE)):
        batch = fetched(number % PARTITIONS, chunk)
        table.apply_changelog_batch([SimpleNamespace(value=batch)])
        keys += len(batch.records)
        size += sum(len(record.key or b"") + len(record.value or b"") for record in batch.records)
        number += 1
    return keys, size


def measure(customers: int) -> None:
    app = create_streams(StreamSettings())
    topics = Topics()
    table = app.state_table("state", topics.state, PARTITIONS)
    stitch = Stitch(topics, Catalogue(), table, app.sender, now_ms, ())
    keys, size = fill(table, customers)
    began = time.perf_counter()
    stitch.recover(range(PARTITIONS))
    seconds = time.perf_counter() - began
    gc.collect()
    resident = psutil.Process().memory_info().rss
    print(
        f"{customers:>9,} customers: {resident / MEGABYTE:>6,.0f} MB resident; {keys:,} keys, {size / MEGABYTE:,.0f} MB"
        f" of keys and values; {seconds:.2f} s to learn who is due"
    )


def numbers() -> Iterator[int]:
    yield from map(int, sys.argv[1:] or ("0", "100000", "1000000"))


def main() -> None:
    if sys.argv[1:2] == ["measure"]:
        measure(int(sys.argv[2]))
        return
    for customers in numbers():
        subprocess.run([sys.executable, "-m", "bench.worker_memory", "measure", str(customers)], check=True)


if __name__ == "__main__":
    main()
