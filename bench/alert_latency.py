"""Time from a touchpoint's being published to Alertmanager's having the alert that it raises, under load.

`python -m bench.alert_latency [--rate N] [--seconds N] [--failing SHARE]` starts Apache Kafka, Debian's Alertmanager
and `omnitrack up` (one worker, sink, alerts, embedded ClickHouse) in a temporary folder, and publishes `--rate`
touchpoints a second. A share of them are a branch's question that was answered at a cash machine five seconds before: a
handoff that fails. Its alert is taken to be there when Alertmanager has answered 200 to the request that brought it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from kafka import KafkaProducer

from bench.report import Report, add_json_option
from bench.streams_load import DETAILS
from omnitrack.deployment import plan_deployment
from omnitrack.ports import LOOPBACK
from omnitrack.service_specs import DeploymentOptions
from omnitrack.supervisor import Supervisor
from schemas.topics import BUILT_IN_CHANNELS, Topics
from tests.support.alertmanager import AlertmanagerServer
from tests.support.apache_kafka import ApacheKafka

CUSTOMERS = 5_000
APART_SECONDS = 5.0
LATEST_SECONDS = 60.0
ROUNDS_PER_SECOND = 20
CATALOGUE = """
alerts:
  rules:
    asked_again: {kind: handoff, failures: [repeated], summary: "asked again at {to_channel}"}
"""


class Recorder:
    """Stands before Alertmanager, and notes how long after its event each alert was taken, in seconds."""

    def __init__(self) -> None:
        self.delays: dict[str, float] = {}
        self.until_said: dict[str, float] = {}
        self.server = ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        self.url = f"http://{LOOPBACK}:{self.server.server_port}"
        self.alertmanager = ""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path.startswith("/api/"):
                    recorder.pass_on(self.path, body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base's name
                pass

        return Handler

    def pass_on(self, path: str, body: bytes) -> None:
        request = Request(self.alertmanager + path, body, {"Content-Type": "application/json"})  # noqa: S310 -- our own
        with urlopen(request, timeout=10):  # noqa: S310 -- our own
            now = time.time()
        for alert in json.loads(body):
            began = datetime.fromisoformat(alert["annotations"]["event_time"]).timestamp()
            fingerprint, said = alert["labels"]["fingerprint"], datetime.fromisoformat(alert["startsAt"]).timestamp()
            self.delays.setdefault(fingerprint, now - began)
            self.until_said.setdefault(fingerprint, said - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--failing", type=float, default=0.02)
    add_json_option(parser)
    options = parser.parse_args()
    found = Report("alert_latency", vars(options))
    with tempfile.TemporaryDirectory() as folder, deployment(Path(folder)) as (kafka, recorder):
        failing, took = publish(kafka, options.rate, options.seconds, options.failing)
        deadline = time.monotonic() + LATEST_SECONDS
        while len(recorder.delays) < failing and time.monotonic() < deadline:
            time.sleep(0.5)
        rate = round(options.rate * options.seconds / took)
        print(
            f"{rate:,} touchpoints/s, {failing:,} handoffs failed, {len(recorder.delays):,} alerts reached Alertmanager"
        )
        report("alert said", recorder.until_said.values(), found)
        report("Alertmanager", recorder.delays.values(), found)
    found.write(options.json)


@contextmanager
def deployment(folder: Path) -> Iterator[tuple[str, Recorder]]:
    """Kafka's address and the recorder of a deployment that is ready."""
    recorder = Recorder()
    threading.Thread(target=recorder.server.serve_forever, daemon=True).start()
    (folder / "catalogue.yaml").write_text(CATALOGUE)
    kafka = ApacheKafka.start(folder / "kafka")
    alertmanager = AlertmanagerServer(folder, f"{recorder.url}/pages")
    recorder.alertmanager = alertmanager.url
    options = DeploymentOptions(
        data_dir=folder / "data",
        kafka=kafka.bootstrap,
        clickhouse_port=0,
        catalogue=folder / "catalogue.yaml",
        alertmanager=recorder.url,
    )
    try:
        with Supervisor(plan_deployment(options), print) as supervisor:
            supervisor.wait_ready(180)
            yield kafka.bootstrap, recorder
    finally:
        alertmanager.child.kill()
        kafka.stop()
        recorder.server.shutdown()


def publish(kafka: str, rate: int, seconds: float, share: float) -> tuple[int, float]:
    """Publish at the rate; returns how many handoffs fail, and how many seconds it took."""
    producer = KafkaProducer(bootstrap_servers=kafka, linger_ms=2)
    topics = Topics()
    per_round = rate // ROUNDS_PER_SECOND
    pairs = round(per_round * share)
    answered: deque[tuple[float, str]] = deque()
    failing = number = 0
    began = time.monotonic()
    for round_number in range(round(seconds * ROUNDS_PER_SECOND)):
        time.sleep(max(0.0, began + round_number / ROUNDS_PER_SECOND - time.monotonic()))
        for _ in range(per_round):
            number += 1
            if answered and answered[0][0] < time.monotonic() - APART_SECONDS:
                channel, customer = "branch", answered.popleft()[1]
                record = touchpoint(number, channel, customer, reasked=["id_number"])
                failing += 1
            elif number % per_round < pairs:
                channel, customer = "atm", f"F-{number:08}"
                record = touchpoint(number, channel, customer)
                answered.append((time.monotonic(), customer))
            else:
                channel = BUILT_IN_CHANNELS[number % CUSTOMERS % len(BUILT_IN_CHANNELS)]
                record = touchpoint(number, channel, f"C-{number % CUSTOMERS:05}")
            producer.send(topics.touchpoints(channel), record)
    producer.flush()
    producer.close()
    return failing, time.monotonic() - began


def touchpoint(number: int, channel: str, customer: str, **more: Any) -> bytes:
    """A touchpoint that happens now."""
    fields = {
        "schema_version": 1,
        "event_id": f"event-{number:09}",
        "channel": channel,
        "occurred_at": datetime.now(UTC).isoformat(),
        "identities": {"customer_no": customer},
        "touchpoint": f"{channel}.step",
        "stage": "serve",
        "intent": "card_replacement",
        "details": DETAILS[channel],
    }
    return json.dumps(fields | more).encode()


def report(what: str, delays: Collection[float], found: Report) -> None:
    if len(delays) > 1:
        cuts = statistics.quantiles(delays, n=100, method="inclusive")
        found.add(what=f"touchpoint to {what}", alerts=len(delays), p50_s=cuts[49], p99_s=cuts[98], most_s=max(delays))
        print(f"touchpoint → {what}: median {cuts[49]:.2f} s, p99 {cuts[98]:.2f} s, longest {max(delays):.2f} s")


if __name__ == "__main__":
    main()
