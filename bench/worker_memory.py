"""Memory of a stream worker by the number of customers in its state: python -m bench.worker_memory [customers…]

Fills the state table of a worker's app as recovery does, with the states of simulated customers (a journey each within
the horizon), and learns when each customer is due; each number in a process of its own. There is no broker: what is
fetched and under way comes on top.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
from types import SimpleNamespace

import psutil

from bench.recovery_states import State, simulated_states, states
from bench.report import Report, Row, add_json_option
from bench.streams_load import Received
from schemas.batched import batched
from schemas.catalogue import Catalogue
from schemas.topics import Topics
from streams.agents.stitch import Stitch
from streams.app import create_streams
from streams.batching import Batch, BatchTable
from streams.compiled import compiled_core
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
    keys = size = 0
    for number, chunk in enumerate(batched(states(customers, simulated_states(MODELS)), AT_ONCE)):
        batch = fetched(number % PARTITIONS, chunk)
        table.apply_changelog_batch([SimpleNamespace(value=batch)])
        keys += len(batch.records)
        size += sum(len(record.key or b"") + len(record.value or b"") for record in batch.records)
    return keys, size


def measure(customers: int) -> Row:
    app = create_streams(StreamSettings())
    topics = Topics()
    core = compiled_core(Catalogue())
    table = app.state_table("state", topics.state, PARTITIONS, dict if core is None else core.states)
    stitch = Stitch(topics, Catalogue(), table, app.sender, now_ms, (), core)
    keys, size = fill(table, customers)
    began = time.perf_counter()
    stitch.recover(range(PARTITIONS))
    seconds = time.perf_counter() - began
    gc.collect()
    resident = psutil.Process().memory_info().rss
    return {
        "customers": customers,
        "memory_mb": resident / MEGABYTE,
        "keys": keys,
        "keys_and_values_mb": size / MEGABYTE,
        "who_is_due_s": seconds,
    }


def main() -> None:
    if sys.argv[1:2] == ["measure"]:
        print(json.dumps(measure(int(sys.argv[2]))))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("customers", type=int, nargs="*", default=[0, 100_000, 1_000_000])
    add_json_option(parser)
    options = parser.parse_args()
    found = Report("worker_memory", vars(options))
    for customers in options.customers:
        command = [sys.executable, "-m", "bench.worker_memory", "measure", str(customers)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        row = json.loads(done.stdout.splitlines()[-1])
        found.add(**row)
        print(
            f"{customers:>9,} customers: {row['memory_mb']:>6,.0f} MB resident; {row['keys']:,} keys, "
            f"{row['keys_and_values_mb']:,.0f} MB of keys and values; {row['who_is_due_s']:.2f} s to learn who is due"
        )
    found.write(options.json)


if __name__ == "__main__":
    main()
