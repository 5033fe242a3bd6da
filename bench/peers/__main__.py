"""One sessionisation job by several stream processors, on the same Apache Kafka and events, in turn.

`python -m bench.peers [--count N] [--customers N] [--rounds N] [--only PEER] [--kafka HOST:PORT] [--json FILE]`. What
the job is, `bench/peers/job.py` says; each peer is a script beside it that is written as its documentation recommends.
A peer runs in a process of its own, with one worker, and its time counts only if its sessions are exactly those of the
events. It is taken from its first record until its last session is in the topic. Stock Faust reads a tenth of the
events; of Kafka Streams the second half alone is measured too (warm), when Java has compiled what it compiles.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from bench.peers import environments
from bench.peers.environments import HERE, PeerUnavailable
from bench.peers.job import Touched, sessions, touchpoints, value_of
from bench.peers.measure import Load, Taken, WrongSessions, measure
from bench.report import Report, add_json_option
from bench.streams_throughput import broker
from schemas.kafka_security import client_options
from streams.placing import place
from tests.support.kafka_jars import ApacheKafkaUnavailable

PARTITIONS = 4
PER_BATCH = 2_000
OURS, BARE = "omnitrack's Faust", "bare aiokafka loop"


@dataclass(frozen=True, slots=True)
class Peer:
    name: str
    script: str
    library: str | None = None
    """Whose virtual environment runs it; None: the project's own."""
    share: int = 1
    """It reads one of so many events."""

    warm: float = 0.0
    """The share of the events after which its time begins."""

    def counted(self, events: int) -> int:
        """How many of the events its time is for."""
        return events - round(events * self.warm)

    def command(self, kafka: str, load: Load, topic: str) -> list[str]:
        if self.script == "kafka_streams":
            warming = len(load.touchpoints) - self.counted(len(load.touchpoints))
            return [*environments.kafka_streams(), kafka, load.topic, topic, str(warming)]
        python = environments.python_of(self.library) if self.library else sys.executable
        last = str(len(load.touchpoints)) if self.name == BARE else topic
        if self.name == OURS:
            return [python, "-m", self.script, kafka, load.topic, last]
        return [python, str(HERE / f"{self.script}.py"), kafka, load.topic, last]


PEERS = (
    Peer(BARE, "bare"),
    Peer(OURS, "bench.peers.ours"),
    Peer("Kafka Streams", "kafka_streams"),
    Peer("Kafka Streams, warm", "kafka_streams", warm=0.5),
    Peer("Bytewax, by hand", "bytewax_stateful", "bytewax"),
    Peer("Bytewax, windows", "bytewax_window", "bytewax"),
    Peer("Quix Streams, by hand", "quix_apply", "quixstreams"),
    Peer("Quix Streams, windows", "quix_window", "quixstreams"),
    Peer("stock Faust", "stock_faust", share=10),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", choices=[peer.name for peer in PEERS], help="may be given again")
    parser.add_argument("--kafka")
    add_json_option(parser)
    options = parser.parse_args()
    peers = [peer for peer in PEERS if not options.only or peer.name in options.only]
    taken: defaultdict[str, list[Taken]] = defaultdict(list)
    with broker(options.kafka) as kafka:
        loads = {share: prepare(kafka, options.count // share, options.customers) for share in {p.share for p in peers}}
        for number in range(options.rounds):
            for peer in peers:
                run(peer, kafka, loads[peer.share], taken[peer.name], number)
    report = Report("peers", vars(options))
    tell(peers, {share: len(load.touchpoints) for share, load in loads.items()}, taken, report)
    report.write(options.json)


def prepare(kafka: str, count: int, customers: int) -> Load:
    """A topic with the events in it, and what must come of them."""
    made = touchpoints(count, customers, time.time_ns() // 1_000_000)
    topic = f"events-{uuid.uuid4().hex[:8]}"
    create_topics(kafka, topic)
    asyncio.run(publish(kafka, topic, made))
    return Load(topic, made, sorted(sessions(made)))


def create_topics(kafka: str, *names: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    # Events are as old as the job wants them.
    configs = {"retention.ms": "-1"}
    admin.create_topics([NewTopic(name, PARTITIONS, 1, topic_configs=configs) for name in names])
    admin.close()


async def publish(kafka: str, topic: str, made: Iterable[Touched]) -> None:
    producer = AIOKafkaProducer(**client_options(kafka), max_batch_size=1_000_000, acks=1)
    await producer.start()
    batches = [producer.create_batch() for _ in range(PARTITIONS)]

    async def send(number: int) -> None:
        await (await producer.send_batch(batches[number], topic, partition=number))
        batches[number] = producer.create_batch()

    for touched in made:
        key, number = place(touched.customer, PARTITIONS)
        batches[number].append(key=key, value=value_of(touched), timestamp=touched.at)
        if batches[number].record_count() == PER_BATCH:
            await send(number)
    for number in range(PARTITIONS):
        await send(number)
    await producer.stop()


def run(peer: Peer, kafka: str, load: Load, taken: list[Taken], number: int) -> None:
    topic = f"sessions-{uuid.uuid4().hex[:8]}"
    create_topics(kafka, topic, f"{topic}-changelog")
    try:
        command = peer.command(kafka, load, topic)
        one = measure(command, kafka, load, None if peer.name == BARE else topic)
    except (PeerUnavailable, ApacheKafkaUnavailable, WrongSessions, RuntimeError) as error:
        print(f"{peer.name} does not count: {error}", file=sys.stderr)
        return
    taken.append(one)
    rate = peer.counted(len(load.touchpoints)) / one.wall
    print(f"round {number + 1}: {peer.name:24} {rate:>10,.0f}/s {one.processor:6.1f} s of processor", flush=True)


def tell(peers: Sequence[Peer], counts: dict[int, int], taken: dict[str, list[Taken]], report: Report) -> None:
    ours = taken.get(OURS, [])
    print(f"\n{'':24} {'touchpoints/s':>14} {'ours is so many times as fast':>30} {'processor s per million':>24}")
    for peer in peers:
        rounds, count = taken[peer.name], peer.counted(counts[peer.share])
        if not rounds:
            continue
        rate = statistics.median(count / one.wall for one in rounds)
        processor = statistics.median(one.processor for one in rounds) * 1_000_000 / count
        row: dict[str, str | float] = {
            "what": peer.name,
            "touchpoints_per_s": round(rate),
            "processor_s_per_million": processor,
            "rounds": len(rounds),
        }
        told = ""
        if len(ours) == len(rounds):
            # Within a round: what else the machine does changes from round to round.
            pairs = zip(ours, rounds, strict=True)
            times = statistics.median((counts[1] / our.wall) / (count / one.wall) for our, one in pairs)
            row["ours_times_as_fast"] = times
            told = f"{times:.2f}"
        report.add(**row)
        print(f"{peer.name:24} {rate:>14,.0f} {told:>30} {processor:>24.1f}")


if __name__ == "__main__":
    main()
