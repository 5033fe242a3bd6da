"""Runs a peer on the events, from its first record until its last session is in the topic, and checks these."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from kafka import KafkaConsumer, TopicPartition

from bench.peers.job import Session, Touched

ROOT = Path(__file__).parents[2]
PATIENCE = 900.0
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Load:
    """Events that are in a topic, and the sessions that must come of them, sorted."""

    topic: str
    touchpoints: Sequence[Touched]
    sessions: Sequence[Session]


@dataclass(frozen=True, slots=True)
class Taken:
    """What it took, in seconds of the wall clock and of the peer's processor."""

    wall: float
    processor: float


class WrongSessions(RuntimeError):
    """A peer's sessions are not those of the events, so its time does not count."""


def measure(command: Sequence[str], kafka: str, load: Load, topic: str | None) -> Taken:
    """Run the command; it says `begin` with its first record. Without a topic for sessions it says `end` too."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as errors:
            peer = subprocess.Popen(
                command,
                cwd=folder,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        try:
            taken = _watch(peer, kafka, load, topic)
        except (RuntimeError, psutil.Error) as error:
            told = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise type(error)(f"{error}\n{told}") if isinstance(error, RuntimeError) else error from error
        finally:
            peer.kill()
            peer.wait()
    if topic is not None:
        check(kafka, topic, load)
    return taken


def _watch(peer: subprocess.Popen[str], kafka: str, load: Load, topic: str | None) -> Taken:
    process = psutil.Process(peer.pid)
    _await_line(peer, "begin")
    began, used = time.perf_counter(), _processor(process)
    if topic is None:
        over = int(_await_line(peer, "end"))
        if over != len(load.sessions):
            raise WrongSessions(f"{over} sessions, not {len(load.sessions)}")
    else:
        _await_records(peer, kafka, topic, len(load.sessions))
    return Taken(time.perf_counter() - began, _processor(process) - used)


def _await_line(peer: subprocess.Popen[str], word: str) -> str:
    """What follows the word on the line that begins with it."""
    assert peer.stdout is not None
    for line in peer.stdout:
        if line.startswith(word):
            return line.removeprefix(word).strip()
    raise RuntimeError(f"the peer ended with status {peer.wait()} without saying `{word}`")


def _await_records(peer: subprocess.Popen[str], kafka: str, topic: str, count: int) -> None:
    consumer = KafkaConsumer(bootstrap_servers=kafka)
    places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
    deadline = time.monotonic() + PATIENCE
    there = 0
    while there < count:
        if peer.poll() is not None:
            raise RuntimeError(f"the peer ended with status {peer.returncode} after {there:,} of {count:,} sessions")
        if time.monotonic() > deadline:
            raise WrongSessions(f"only {there:,} of {count:,} sessions came within {PATIENCE:.0f} s")
        time.sleep(POLL_SECONDS)
        there = sum(consumer.end_offsets(places).values())
    consumer.close()


def _processor(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def check(kafka: str, topic: str, load: Load) -> None:
    """Raise WrongSessions unless the topic has exactly the load's sessions."""
    consumer = KafkaConsumer(bootstrap_servers=kafka, max_poll_records=10_000)
    places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    ends = consumer.end_offsets(places)
    found: list[Session] = []
    while any(consumer.position(place) < ends[place] for place in places):
        for records in consumer.poll(1_000).values():
            found += [session_of(record.value) for record in records if record.value]
    consumer.close()
    if sorted(found) != load.sessions:
        strange = set(found) ^ set(load.sessions)
        first = min(strange, default="some came twice")
        raise WrongSessions(
            f"{len(found):,} sessions came, {len(load.sessions):,} must; the first that differs: {first}"
        )


def session_of(value: bytes) -> Session:
    told = json.loads(value)
    return Session(**{name: told[name] for name in Session._fields})
