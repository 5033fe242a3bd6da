"""Small processes that stand in for the real services, and a supervisor of them as a program to be killed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from omnitrack.processes import ProcessSpec
from omnitrack.restarts import RestartPolicy
from omnitrack.services import ServiceSpec
from omnitrack.supervisor import Plan, Supervisor

PATIENCE = 60.0
SLEEPER = ("sleep", "3600")
WITH_A_CHILD = ("sh", "-c", "sleep 3600 & wait")
DEAF = ("sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done")
QUICK = RestartPolicy(first_delay=0.05, greatest_delay=0.2, settled_after=30.0, deaths_at_once=3)


def service(
    name: str,
    command: tuple[str, ...] = SLEEPER,
    *,
    not_ready: Callable[[], str | None] = lambda: None,
    needs: tuple[str, ...] = (),
    restart_with: tuple[str, ...] = (),
    on_death: str | None = None,
    start_seconds: float = PATIENCE,
    grace: float = PATIENCE,
) -> ServiceSpec:
    process = ProcessSpec(command, grace=grace)
    return ServiceSpec(name, process, not_ready, needs, restart_with, on_death, start_seconds, QUICK)


def plan(data_dir: Path, *stages: ServiceSpec, ports: tuple[tuple[int, str], ...] = ()) -> Plan:
    return Plan(data_dir, "127.0.0.1:1", "clickhouse://127.0.0.1:2", [[spec] for spec in stages], ports)


def eventually(holds: Callable[[], bool], patience: float = PATIENCE) -> bool:
    """Whether it comes true before `patience` (seconds) ends."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def tree_of(pid: int) -> set[int]:
    """`pid` and all that descends from it."""
    process = psutil.Process(pid)
    return {pid, *(child.pid for child in process.children(recursive=True))}


def main() -> None:
    """Supervise two stand-ins on the data directory given, until this program is killed."""
    with Supervisor(plan(Path(sys.argv[1]), service("first"), service("second", DEAF))) as supervisor:
        supervisor.wait_ready(PATIENCE)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        supervisor.wait()


if __name__ == "__main__":
    main()
