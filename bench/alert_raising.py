"""From the receipt of the touchpoint that makes a handoff fail to its alert: `python -m bench.alert_raising`.

Runs `omnitrack up`, embedded, with a rule for every failed handoff, plays a bank live at the rate, and asks ClickHouse.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from omnitrack.runtime import Runtime, read_runtime
from sinks.clickhouse.client import connected
from sinks.clickhouse.settings import ClickHouseSettings

CATALOGUE = "alerts: {rules: {any: {kind: handoff}}}\n"
START_SECONDS, SETTLE_SECONDS = 120.0, 10.0
LATENCY = """
SELECT count(), quantile(0.5)(latency), quantile(0.99)(latency), max(latency)
FROM
(
    SELECT (toUnixTimestamp64Milli(a.raised_at) - toUnixTimestamp64Milli(t.received_at)) / 1000 AS latency
    FROM alerts AS a
    INNER JOIN handoffs AS h FINAL ON a.subject = concat('handoff ', toString(h.handoff_id))
    INNER JOIN touchpoints AS t FINAL
        ON t.customer_id = h.customer_id AND t.occurred_at = h.arrived_at AND t.channel = h.to_channel
    WHERE h.arrived_at >= toDateTime64({since:UInt32}, 3, 'UTC')
    LIMIT 1 BY a.alert_id
)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=300.0, help="touchpoints a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="omnitrack-bench-") as folder:
        measure(Path(folder), options.rate, options.seconds)


def measure(folder: Path, rate: float, seconds: float) -> None:
    catalogue = folder / "catalogue.yaml"
    catalogue.write_text(CATALOGUE)
    up = start("up", "--no-explorer", "--kafka-port=0", "--clickhouse-port=0", *where(folder, catalogue))
    try:
        runtime = await_runtime(folder)
        since = int(time.time())
        play = ("--live", f"--rate={rate}", f"--seconds={seconds}", "--dirt=0")
        start("simulate", *play, *where(folder, catalogue)).wait()
        time.sleep(SETTLE_SECONDS)
        with connected(ClickHouseSettings.of(runtime.clickhouse)) as client:
            [(stored,)] = client.execute("SELECT count() FROM touchpoints FINAL")
            [(count, median, p99, worst)] = client.execute(LATENCY, {"since": since})
    finally:
        up.terminate()
        up.wait()
    print(f"{stored:,} touchpoints in {seconds:g} s, {count:,} alerts on handoffs that arrived")
    print(f"seconds from receipt to alert: median {median:.2f}, p99 {p99:.2f}, most {worst:.2f}")


def where(folder: Path, catalogue: Path) -> tuple[str, ...]:
    return ("--data-dir", str(folder / "data"), "--catalogue", str(catalogue))


def start(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "omnitrack", *arguments], stdout=subprocess.DEVNULL)


def await_runtime(folder: Path) -> Runtime:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        runtime = read_runtime(folder / "data")
        if runtime is not None and {"alerts", "worker-1", "sink"} <= set(runtime.processes):
            time.sleep(SETTLE_SECONDS)
            return runtime
        time.sleep(0.5)
    raise SystemExit(f"omnitrack up is not ready after {START_SECONDS:.0f} s")


if __name__ == "__main__":
    main()
