"""Keeps a plan of services running, from one thread, until it is told to stop or a service cannot be kept up.

    with Supervisor(plan) as supervisor:
        supervisor.wait_ready(60)
        ...  # supervisor.plan.kafka, supervisor.plan.clickhouse

Leaving the block stops everything. Were the whole program killed, the kernel would kill the services.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from omnitrack.child_log import ChildLog
from omnitrack.ports import port_obstacle
from omnitrack.runtime import (
    ProcessEntry,
    Runtime,
    read_runtime,
    remove_runtime,
    write_runtime,
    write_targets,
)
from omnitrack.services import Service, ServiceFailedError, ServiceSpec, State

_TICK_SECONDS = 0.25
_POLL_SECONDS = 0.05


class CannotStartError(Exception):
    """Nothing was started: the data directory is in use, or a port is busy. One line, for the operator."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run. `stages` stand in order of starting; they are stopped one by one from the last to the first.

    `ports` are (number, the option that chooses it) of what the services will listen on, on loopback; `explorer` is
    where a browser finds the pages.
    """

    data_dir: Path
    kafka: str
    clickhouse: str = field(repr=False)
    stages: Sequence[Sequence[ServiceSpec]]
    ports: Sequence[tuple[int, str]] = ()
    kafka_in_memory: bool = False
    catalogue: Path | None = None
    explorer: str | None = None

    @property
    def pages(self) -> dict[str, str]:
        """Where services tell how they do, `host:port` by name."""
        return {spec.name: spec.page for stage in self.stages for spec in stage if spec.page is not None}

    @property
    def log_dir(self) -> Path:
        """Where each service has its log."""
        return self.data_dir / "logs"


class Supervisor:
    """Runs a plan. `say` gets every line meant for the operator, from several threads."""

    def __init__(self, plan: Plan, say: Callable[[str], None] = lambda line: None) -> None:
        self.plan = plan
        self.failure: str | None = None
        self._say = say
        self._resources = ExitStack()
        self._stages: list[list[Service]] = []
        self._started_at = time.time()
        self._ready, self._stopping, self._hasten, self._finished = (
            Event(),
            Event(),
            Event(),
            Event(),
        )
        self._thread = Thread(target=self._run, name="supervisor", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to bring the services up; returns at once. Raises `CannotStartError`."""
        with ExitStack() as undo:
            undo.callback(self._resources.close)
            self._take_data_dir()
            for port, option in self.plan.ports:
                if obstacle := port_obstacle(port):
                    raise CannotStartError(f"{obstacle}: stop what listens there, or choose another with {option}")
            self._stages = [[self._service(spec) for spec in stage] for stage in self.plan.stages]
            self._write_runtime()
            write_targets(self.plan.data_dir, self.plan.pages)
            undo.pop_all()
        self._thread.start()

    def wait_ready(self, timeout: float) -> None:
        """Return once all services are up. Raises `ServiceFailedError`, also after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not self._ready.wait(_POLL_SECONDS):
            if self._finished.is_set():
                raise ServiceFailedError(self.failure or "stopped before it was ready")
            if time.monotonic() > deadline:
                raise ServiceFailedError(
                    f"not ready after {timeout:.0f} s, still waiting for {', '.join(self._late())}"
                )

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until everything has ended, whatever the reason (`failure` tells). False after `timeout` seconds."""
        return self._finished.wait(timeout)

    def request_stop(self) -> None:
        """Begin to stop and return at once; asked a second time, kill what is still running."""
        if self._stopping.is_set():
            self._hasten.set()
        self._stopping.set()

    def stop(self) -> None:
        """Stop everything and return when nothing is left."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def is_ready(self) -> bool:
        """Whether all services have been up at once."""
        return self._ready.is_set()

    @property
    def services(self) -> tuple[Service, ...]:
        """All services, in the order in which they are started."""
        return tuple(service for stage in self._stages for service in stage)

    def _take_data_dir(self) -> None:
        self.plan.log_dir.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.plan.data_dir / "lock", timeout=0, thread_local=False)
        try:
            lock.acquire()
        except Timeout as error:
            holder = read_runtime(self.plan.data_dir)
            by = f" by process {holder.pid}" if holder else ""
            raise CannotStartError(
                f"the data directory {self.plan.data_dir} is in use{by}: stop that `omnitrack up`, or give --data-dir"
            ) from error
        self._resources.callback(lock.release)
        self._resources.callback(remove_runtime, self.plan.data_dir)

    def _service(self, spec: ServiceSpec) -> Service:
        log = ChildLog(spec.name, self.plan.log_dir / f"{spec.name}.log", self._say)
        self._resources.callback(log.close)
        return Service(spec, log, self._say)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._tick()
                self._stopping.wait(_TICK_SECONDS)
        except ServiceFailedError as error:
            self.failure = str(error)
        except Exception as error:  # noqa: BLE001 - whatever it was, the services have to be stopped and it has to be told
            self.failure = f"the supervisor failed: {type(error).__name__}: {error}"
        finally:
            for stage in reversed(self._stages):
                self._stop(stage)
            self._resources.close()
            self._finished.set()

    def _tick(self) -> None:
        before = self._snapshot()
        for service in self.services:
            up = [other.name for other in self.services if other.state is State.UP]
            if service.tick(up):
                self._stop_dependents(service.name)
        if not self._late():
            self._ready.set()
        if self._snapshot() != before:
            self._write_runtime()

    def _stop_dependents(self, dead: str) -> None:
        for stage in reversed(self._stages):
            dependents = [service for service in stage if dead in service.spec.restart_with]
            for service in dependents:
                # What they could still drain went with the service they need, so they get no grace.
                service.kill()
                service.forget()

    def _stop(self, services: Sequence[Service]) -> None:
        begun = time.monotonic()
        for service in services:
            service.terminate()
        for service in services:
            while not service.ended():
                if self._hasten.is_set() or time.monotonic() > begun + service.spec.grace:
                    self._say(f"{service.name} did not end in {time.monotonic() - begun:.1f} s: killed")
                    service.kill()
                time.sleep(_POLL_SECONDS)
            service.forget()

    def _late(self) -> list[str]:
        return [service.name for service in self.services if service.state is not State.UP]

    def _snapshot(self) -> dict[str, ProcessEntry]:
        return {
            service.name: ProcessEntry(
                service.process.pid,
                service.process.started_at,
                service.restarts,
                service.state.value,
                service.spec.page,
            )
            for service in self.services
            if service.process is not None
        }

    def _write_runtime(self) -> None:
        runtime = Runtime(
            kafka=self.plan.kafka,
            clickhouse=self.plan.clickhouse,
            pid=os.getpid(),
            started_at=round(self._started_at * 1000),
            kafka_in_memory=self.plan.kafka_in_memory,
            processes=self._snapshot(),
            catalogue=str(self.plan.catalogue) if self.plan.catalogue else None,
        )
        write_runtime(self.plan.data_dir, runtime)
