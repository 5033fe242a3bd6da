"""The deployment under fire: broker and ClickHouse behind proxies, sink and workers under real supervisors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from omnitrack.broker_reader import BrokerReader, BrokerUnavailableError
from omnitrack.deployment import plan_deployment
from omnitrack.ports import LOOPBACK, free_port
from omnitrack.restarts import RestartPolicy
from omnitrack.service_specs import DeploymentOptions
from omnitrack.services import ServiceSpec
from omnitrack.settings import Endpoints, check_endpoints
from omnitrack.supervisor import Plan, Supervisor
from tests.chaos.proxy import Proxy
from tests.chaos.schedule import BROKER, CLICKHOUSE, CLICKHOUSE_LINK, KAFKA_LINK, MOST_WORKERS, SINK
from tests.support.apache_kafka import ApacheKafka
from tests.support.clickhouse import EmbeddedClickHouse

READY_SECONDS = 120.0
POLL_SECONDS = 0.2
# Under fire a process may die any number of times before it is ready, and wait for long.
PATIENT = RestartPolicy(first_delay=0.3, greatest_delay=1.0, deaths_at_once=1_000)

Say = Callable[[str], None]


class NotReady(RuntimeError):
    """All was healed, and the deployment still does not work."""


@dataclass(slots=True)
class Fleet:
    """All processes of one deployment, by their names in a schedule."""

    kafka: ApacheKafka
    clickhouse: EmbeddedClickHouse
    links: Mapping[str, Proxy]
    plan: Plan
    endpoints: Endpoints
    """Of broker and ClickHouse themselves, for those who watch."""
    say: Say
    hosts: dict[str, Supervisor] = field(default_factory=dict)
    """The supervisors of the sink and of each worker."""
    removed: list[Supervisor] = field(default_factory=list)
    paused: dict[str, psutil.Process] = field(default_factory=dict)
    exits: list[str] = field(default_factory=list)
    """What supervisors told of processes that ended without being killed."""

    @classmethod
    @contextmanager
    def start(cls, folder: Path, prefix: str, delay: float, say: Say) -> Iterator[Fleet]:
        """Start broker and ClickHouse, and end everything with the block. `prefix` is that of the environment.

        Bytes from and to the broker take `delay` seconds.
        """
        with ExitStack() as stack:
            direct, behind = free_port(), free_port()
            kafka_link = stack.enter_context(Proxy.to(behind, delay))
            kafka = ApacheKafka.start(folder / "kafka", direct, _two_listeners(direct, behind, kafka_link.port))
            stack.callback(kafka.kill)
            clickhouse = EmbeddedClickHouse.start(folder / "clickhouse")
            stack.callback(clickhouse.kill)
            clickhouse_link = stack.enter_context(Proxy.to(clickhouse.port))
            options = DeploymentOptions(
                data_dir=folder / "up",
                kafka=f"{LOOPBACK}:{kafka_link.port}",
                clickhouse=f"clickhouse://default@{LOOPBACK}:{clickhouse_link.port}/omnitrack",
                workers=MOST_WORKERS,
            )
            links = {KAFKA_LINK: kafka_link, CLICKHOUSE_LINK: clickhouse_link}
            endpoints = check_endpoints(kafka.bootstrap, clickhouse.url, options.data_dir, prefix)
            fleet = cls(kafka, clickhouse, links, plan_deployment(options), endpoints, say)
            stack.callback(fleet.stop)
            yield fleet

    def add(self, name: str) -> None:
        """Start the sink or a worker as on a host of its own, unless it is there."""
        if name in self.hosts:
            return
        specs = [spec for stage in self.plan.stages for spec in stage]
        stages = [
            [_patient(spec) for spec in specs if spec.process is None],
            [_patient(replace(spec, not_ready=lambda: None)) for spec in specs if spec.name == name],
        ]
        # The same worker may still be on its way out.
        folder = self.plan.data_dir / f"{name}.{len(self.removed)}"
        host = Supervisor(replace(self.plan, data_dir=folder, stages=stages, ports=[]), self._teller(name))
        host.start()
        self.hosts[name] = host

    def remove(self, name: str) -> bool:
        """Have it end in its own way, without waiting for it; False if it is not there."""
        host = self.hosts.pop(name, None)
        if host is None:
            return False
        host.request_stop()
        self.removed.append(host)
        return True

    def kill(self, name: str) -> bool:
        """SIGKILL; False if no such process is there. The supervisors start workers and sink again."""
        self.paused.pop(name, None)
        return self._do(name, psutil.Process.kill)

    def pause(self, name: str) -> bool:
        """SIGSTOP; False if no such process is there."""
        process = self._process(name)
        if process is None or not self._do(name, psutil.Process.suspend):
            return False
        self.paused[name] = process
        return True

    def resume(self, name: str) -> None:
        """SIGCONT, if it was paused and was not killed since."""
        process = self.paused.pop(name, None)
        if process is not None:
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def revive(self, name: str) -> None:
        """Start the broker or ClickHouse again if it is dead, without waiting for it."""
        if name == BROKER and not self.kafka.child.is_running:
            self.kafka.launch()
        if name == CLICKHOUSE and not self.clickhouse.child.is_running:
            self.clickhouse.launch()

    def heal(self) -> None:
        """Undo all that was done, and return when all are up; raises ServerFailed or NotReady."""
        for link in self.links.values():
            link.release()
        for name in list(self.paused):
            self.resume(name)
        self.revive(BROKER)
        self.revive(CLICKHOUSE)
        self.kafka.await_answer()
        self.clickhouse.await_answer()
        self.await_members()

    def await_members(self) -> None:
        """Return once the sink and all workers hold partitions; raises NotReady."""
        deadline = time.monotonic() + READY_SECONDS
        while missing := self._missing_members():
            if time.monotonic() > deadline:
                raise NotReady(f"after {READY_SECONDS:.0f} s {missing}")
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """End everything at once."""
        for name in list(self.paused):
            self.resume(name)
        for name in list(self.hosts):
            self.remove(name)
        for host in self.removed:
            host.request_stop()
            host.stop()

    def _missing_members(self) -> str | None:
        workers = len(self.hosts) - (SINK in self.hosts)
        try:
            with BrokerReader(self.endpoints.kafka) as reader:
                for group, wanted in ((self.endpoints.streams_group, workers), (self.endpoints.sink_group, 1)):
                    members = reader.assigned_members(group)
                    if members != wanted:
                        return f"{members} of {wanted} members hold partitions in group {group}"
        except BrokerUnavailableError as error:
            return str(error)
        return None

    def _process(self, name: str) -> psutil.Process | None:
        children = {BROKER: self.kafka.child, CLICKHOUSE: self.clickhouse.child}
        if name in children:
            pid = children[name].process.pid if children[name].is_running else None
        else:
            services = self.hosts[name].services if name in self.hosts else ()
            pid = next((one.process.pid for one in services if one.name == name and one.process is not None), None)
        try:
            return None if pid is None else psutil.Process(pid)
        except psutil.NoSuchProcess:
            return None

    def _do(self, name: str, act: Callable[[psutil.Process], object]) -> bool:
        process = self._process(name)
        try:
            if process is None or process.status() == psutil.STATUS_ZOMBIE:
                return False
            act(process)
        except psutil.NoSuchProcess:
            return False
        return True

    def _teller(self, name: str) -> Say:
        """Tells of deaths; what a process itself logs is in its log."""

        def tell(line: str) -> None:
            if not line.startswith(f"{name}: "):
                self.say(line)
            if line.startswith(f"{name} died") and "SIGKILL" not in line:
                self.exits.append(line.partition(";")[0])

        return tell


def _patient(spec: ServiceSpec) -> ServiceSpec:
    return replace(spec, policy=PATIENT, start_seconds=600.0)


def _two_listeners(direct: int, behind: int, link: int) -> dict[str, str]:
    """Broker settings: `direct` is for those who watch; clients of `behind` are told to come by the `link`."""
    controller = free_port()
    return {
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller}",
        "listeners": f"BROKER://{LOOPBACK}:{direct},LINK://{LOOPBACK}:{behind},CONTROLLER://{LOOPBACK}:{controller}",
        "advertised.listeners": f"BROKER://{LOOPBACK}:{direct},LINK://{LOOPBACK}:{link}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,LINK:PLAINTEXT,CONTROLLER:PLAINTEXT",
    }
