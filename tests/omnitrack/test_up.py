"""`omnitrack up` as an operator meets it: real broker, real ClickHouse engine, real workers."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import pytest
from kafka import KafkaProducer

from omnitrack.ports import LOOPBACK, free_port
from omnitrack.runtime import Runtime, read_runtime
from schemas.topics import Topics
from tests.omnitrack.stand_ins import eventually, is_alive, tree_of

FAUST_WEB_PORT = 6066
SECONDS = 120.0
START = datetime.now(UTC) - timedelta(days=6)
OMNITRACK = (sys.executable, "-m", "omnitrack")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*OMNITRACK, *arguments], capture_output=True, text=True, timeout=2 * SECONDS, check=False)


@dataclass(frozen=True, slots=True)
class Up:
    """A running `omnitrack up`."""

    data_dir: Path
    process: subprocess.Popen[str]

    @property
    def runtime(self) -> Runtime:
        runtime = read_runtime(self.data_dir)
        assert runtime is not None
        return runtime

    def status(self) -> dict[str, Any]:
        told = run("status", "--format", "json", "--data-dir", str(self.data_dir))
        assert told.returncode == 0, told.stderr
        report: dict[str, Any] = json.loads(told.stdout)
        return report

    def publish(self, records: list[bytes]) -> None:
        """Write them to the ATM's topic, and wait until they are stored."""
        producer = KafkaProducer(bootstrap_servers=self.runtime.kafka, linger_ms=50)
        for record in records:
            producer.send(Topics().touchpoints("atm"), record)
        producer.flush()
        producer.close()
        drained = run("drain", "--timeout", str(SECONDS), "--data-dir", str(self.data_dir))
        assert drained.returncode == 0, drained.stderr

    def is_up_again(self, name: str, restarts: int) -> bool:
        entry = self.runtime.processes.get(name)
        return entry is not None and entry.restarts == restarts and entry.state == "up"


def start(data_dir: Path, *options: str) -> Up:
    services = ("kafka", "clickhouse", "explorer")
    ports = [part for service in services for part in (f"--{service}-port", str(free_port()))]
    command = [*OMNITRACK, "up", "--data-dir", str(data_dir), *ports, *options]
    return Up(data_dir, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))


def read_until_ready(up: Up) -> list[str]:
    assert up.process.stdout is not None
    lines: list[str] = []
    for line in up.process.stdout:
        lines.append(line.rstrip())
        if lines[-1] == "ready":
            return lines
    pytest.fail("up ended before it was ready:\n" + "\n".join(lines))


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    running = start(tmp_path / "data")
    try:
        yield running
    finally:
        running.process.kill()
        running.process.communicate()


def listening(pids: set[int]) -> set[tuple[str, int]]:
    """The addresses and ports on which these processes can be reached."""
    found = (connection for pid in pids for connection in psutil.Process(pid).net_connections("inet"))
    return {(one.laddr.ip, one.laddr.port) for one in found if one.status == psutil.CONN_LISTEN}


def told(page: str | None, path: str) -> str:
    """What a process's own page tells."""
    with urlopen(f"http://{page}{path}") as answer:
        text: str = answer.read().decode()
        return text


def behind(report: dict[str, Any]) -> list[str]:
    """The topics that are not read to their ends; ticks of the clock come to `customer` all the time."""
    topics = (each for each in report["topics"] if not each["topic"].endswith(".customer"))
    return [each["topic"] for each in topics if each["lag"]]


def metric(page: str, name: str) -> float:
    """The value of a metric without labels, as it is shown on a page of metrics."""
    [line] = [line for line in page.splitlines() if line.startswith(f"{name} ")]
    return float(line.split()[1])


def touchpoint(number: int) -> bytes:
    return json.dumps(
        {
            "schema_version": 1,
            "event_id": f"e{number}",
            "channel": "atm",
            "occurred_at": (START + timedelta(seconds=number)).isoformat(),
            "identities": {"customer_no": f"c{number % 50}"},
            "touchpoint": "card.swallowed",
            "stage": "inquire",
            "intent": "card_replacement",
            "details": {"terminal_id": "t1", "service": "other"},
        }
    ).encode()


def test_all_that_is_published_is_stored_once_though_processes_are_killed(up: Up) -> None:
    said = read_until_ready(up)
    assert any("all topics are forgotten when it stops" in line for line in said)
    assert set(up.runtime.processes) == {"broker", "clickhouse", "sink", "explorer", "worker-1"}
    [explorer] = [line.split()[-1] for line in said if line.startswith("explorer")]
    with urlopen(explorer) as page:  # noqa: S310 -- our own address
        assert "omnitrack" in page.read().decode()
    assert any("listens on 127.0.0.1 only" in line for line in said)
    everything = tree_of(up.process.pid)
    addresses = listening(everything)
    assert {address for address, _ in addresses} == {"127.0.0.1"}
    assert FAUST_WEB_PORT not in {port for _, port in addresses}

    up.publish([*(touchpoint(number) for number in range(300)), touchpoint(7), b"no JSON"])
    report = up.status()
    assert report["account"] == {
        "received": 302,
        "expired": 0,
        "stored": 300,
        "dead": 1,
        "duplicate": 1,
        "missing": 0,
    }
    assert report["dead_letters"] == {"not_json": 1}
    assert report["rows"]["touchpoints"] == 300
    assert report["rows"]["journeys"] > 0
    # What the clock changes later has to be read, too.
    assert eventually(lambda: not behind(up.status()), SECONDS)

    for name in ("worker-1", "sink"):
        assert told(up.runtime.processes[name].page, "/ready") == "ready\n"
    # A touchpoint whose row is corrected after it was stored counts again.
    assert metric(told(up.runtime.processes["sink"].page, "/metrics"), "omnitrack_freshness_seconds_count") >= 300
    assert "omnitrack_ready 1.0" in told(up.runtime.processes["worker-1"].page, "/metrics")
    targets = json.loads((up.data_dir / "prometheus-targets.json").read_text())
    assert {target["labels"]["process"] for target in targets} == {"sink", "worker-1", "explorer"}
    assert "omnitrack_explorer_query_seconds_count" in told(up.runtime.processes["explorer"].page, "/metrics")

    for name in ("worker-1", "sink", "clickhouse"):
        os.kill(up.runtime.processes[name].pid, signal.SIGKILL)
    assert eventually(lambda: all(up.is_up_again(name, 1) for name in ("worker-1", "sink", "clickhouse")), SECONDS)
    everything |= tree_of(up.process.pid)
    up.publish([touchpoint(number) for number in range(300, 500)])
    account = up.status()["account"]
    assert (account["stored"], account["missing"]) == (500, 0)

    up.process.send_signal(signal.SIGTERM)
    output, _ = up.process.communicate(timeout=SECONDS)
    assert up.process.returncode == 0, output
    assert output.splitlines()[-1] == "stopped"
    assert not any(is_alive(pid) for pid in everything)


def test_a_killed_broker_is_told_loudly_and_work_goes_on_after_it(up: Up) -> None:
    read_until_ready(up)
    up.publish([touchpoint(number) for number in range(100)])
    os.kill(up.runtime.processes["broker"].pid, signal.SIGKILL)
    names = ("broker", "sink", "worker-1")
    assert eventually(lambda: all(up.is_up_again(name, 1) for name in names), SECONDS)
    up.publish([touchpoint(number) for number in range(1000, 1050)])
    assert up.status()["account"]["missing"] == 0
    up.process.send_signal(signal.SIGINT)
    output, _ = up.process.communicate(timeout=SECONDS)
    assert "ITS CONTENTS ARE LOST" in output
    assert up.process.returncode == 0


def test_ctrl_c_while_starting_leaves_nothing_behind(up: Up) -> None:
    assert eventually(lambda: (running := read_runtime(up.data_dir)) is not None and "broker" in running.processes)
    everything = tree_of(up.process.pid)
    up.process.send_signal(signal.SIGINT)
    up.process.communicate(timeout=SECONDS)
    assert up.process.returncode == 0
    assert not any(is_alive(pid) for pid in everything)


def test_a_busy_port_is_refused_with_one_line(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = str(server.getsockname()[1])
        refused = run(
            "up", "--data-dir", str(tmp_path), "--kafka-port", port, "--clickhouse-port", "0", "--no-explorer"
        )
    assert refused.returncode == 2
    assert refused.stderr == (
        f"up: port {port} on {LOOPBACK} is busy: stop what listens there, or choose another with --kafka-port\n"
    )


def test_a_mistake_in_the_catalogue_is_refused_with_its_line(tmp_path: Path) -> None:
    catalogue = tmp_path / "catalogue.yaml"
    catalogue.write_text("horizon: 45d\nchanels: [mail]\n")
    refused = run("up", "--data-dir", str(tmp_path / "data"), "--catalogue", str(catalogue))
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"up: {catalogue}:2: chanels: ")
    assert not (tmp_path / "data").exists()
