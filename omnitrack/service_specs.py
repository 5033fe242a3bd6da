"""How the services of a deployment are run: commands, environment, what each needs, and when it is up."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from omnitrack.embedded.broker import ENVIRONMENT, LOST, SESSION_SECONDS, broker_command
from omnitrack.embedded.broker import SERVICE as BROKER
from omnitrack.embedded.clickhouse import clickhouse_command
from omnitrack.ports import LOOPBACK
from omnitrack.processes import ProcessSpec
from omnitrack.readiness import Readiness
from omnitrack.services import ServiceSpec
from omnitrack.settings import Endpoints, Environment, check_receivers

TOPICS, CLICKHOUSE, TABLES, SINK, ALERTS, EXPLORER = "topics", "clickhouse", "tables", "sink", "alerts", "explorer"
_INSTANCE_FILE = "instance"
_BROKER_GRACE, _CLICKHOUSE_GRACE, _APP_GRACE, _EXPLORER_GRACE = 5.0, 20.0, 30.0, 5.0


@dataclass(frozen=True, slots=True)
class DeploymentOptions:
    """What `omnitrack up` is asked for.

    `kafka` and `clickhouse` None: embedded ones; `explorer_port` None: no explorer; port 0: any free one.
    `alertmanager` and `webhook` are URLs of those who are told of alerts; None: nobody.
    """

    data_dir: Path
    kafka: str | None = None
    clickhouse: str | None = field(default=None, repr=False)
    kafka_port: int = 9092
    clickhouse_port: int = 9000
    workers: int = 1
    catalogue: Path | None = None
    explorer_port: int | None = None
    alertmanager: str | None = None
    webhook: str | None = None
    webhook_secret_file: Path | None = None


@dataclass(frozen=True, slots=True)
class ServiceSpecs:
    """How each service of a deployment is run, and when it is up; `metrics_ports` are given out one by one."""

    options: DeploymentOptions
    environment: Environment
    endpoints: Endpoints
    readiness: Readiness
    metrics_ports: Iterator[int]

    def broker(self, port: int) -> ServiceSpec:
        """The embedded broker."""
        process = ProcessSpec(broker_command(port), ENVIRONMENT, grace=_BROKER_GRACE)
        return ServiceSpec(BROKER, process, self.readiness.broker_silent, on_death=LOST)

    def clickhouse(self, port: int) -> ServiceSpec:
        """The embedded ClickHouse."""
        command = clickhouse_command(self.options.data_dir / CLICKHOUSE, port)
        return ServiceSpec(CLICKHOUSE, ProcessSpec(command, grace=_CLICKHOUSE_GRACE), self.readiness.clickhouse_silent)

    def topics(self) -> ServiceSpec:
        """No process: up once the topics are there, which it makes."""
        embedded = () if self.options.kafka else (BROKER,)
        return ServiceSpec(TOPICS, None, self.readiness.topics_missing, needs=embedded, restart_with=embedded)

    def tables(self) -> ServiceSpec:
        """No process: up once the tables are there, which it makes."""
        needs = () if self.options.clickhouse else (CLICKHOUSE,)
        return ServiceSpec(TABLES, None, self.readiness.tables_missing, needs=needs)

    def sink(self) -> ServiceSpec:
        """What stores."""
        return self._app(SINK, "omnitrack.sink", self.endpoints.sink_group, members=1)

    def worker(self, number: int) -> ServiceSpec:
        """One of the stream workers."""
        return self._app(f"worker-{number}", "streams.app", self.endpoints.streams_group, self.options.workers)

    def alerts(self) -> ServiceSpec:
        """What judges by the alert rules."""
        return self._app(ALERTS, "streams.alerts", self.endpoints.alerts_group, members=1)

    def notifiers(self) -> list[ServiceSpec]:
        """A process for each receiver of alerts, so that none waits for another."""
        options = self.options
        check_receivers(options.alertmanager, options.webhook, options.webhook_secret_file)
        receivers = {"alertmanager": options.alertmanager, "webhook": options.webhook}
        names = {receiver: f"notify-{receiver}" for receiver, url in receivers.items() if url}
        return [
            self._app(name, f"omnitrack.notify.{receiver}", self.endpoints.group(name), members=1)
            for receiver, name in names.items()
        ]

    def explorer(self, port: int) -> ServiceSpec:
        """The analysts' pages, at that port."""
        command = (sys.executable, "-m", "omnitrack", "explore", "--port", str(port))
        page = next(self.metrics_ports)
        env = {"OMNITRACK_CLICKHOUSE": self.endpoints.clickhouse, "OMNITRACK_METRICS_PORT": str(page)}
        return ServiceSpec(
            EXPLORER,
            ProcessSpec(command, env, grace=_EXPLORER_GRACE),
            lambda: self.readiness.explorer_silent(port),
            needs=(TABLES,),
            page=f"{LOOPBACK}:{page}",
        )

    def _app(self, name: str, module: str, group: str, members: int) -> ServiceSpec:
        level = self.environment.log_level.lower()
        command = (sys.executable, "-m", "faust", "-A", module, "worker", "--without-web", "--loglevel", level)
        port = next(self.metrics_ports)
        return ServiceSpec(
            name,
            ProcessSpec(command, {**self._env(name), "OMNITRACK_METRICS_PORT": str(port)}, grace=_APP_GRACE),
            lambda: self.readiness.members_missing(group, members),
            needs=(TOPICS, TABLES),
            restart_with=() if self.options.kafka else (BROKER,),
            page=f"{LOOPBACK}:{port}",
        )

    def _env(self, name: str) -> dict[str, str]:
        env = {
            "OMNITRACK_KAFKA": self.endpoints.kafka,
            "OMNITRACK_CLICKHOUSE": self.endpoints.clickhouse,
            "OMNITRACK_GROUP_INSTANCE": self._group_instance(name),
            "OMNITRACK_ALERTMANAGER": self.options.alertmanager or "",
            "OMNITRACK_WEBHOOK": self.options.webhook or "",
        }
        if self.options.kafka is None and self.environment.session_timeout is None:
            env["OMNITRACK_SESSION_TIMEOUT"] = str(SESSION_SECONDS)
        if self.options.webhook_secret_file:
            env["OMNITRACK_WEBHOOK_SECRET_FILE"] = str(self.options.webhook_secret_file.resolve())
        if self.options.catalogue:
            env["OMNITRACK_CATALOGUE"] = str(self.options.catalogue.resolve())
        return env

    def _group_instance(self, name: str) -> str:
        """A name of the process that outlives it, and that no other `omnitrack up` on the same Kafka gives."""
        if self.options.kafka is None:
            # The embedded broker does not know static members.
            return ""
        return f"{self.environment.group_instance or lasting_name(self.options.data_dir)}-{name}"


def lasting_name(data_dir: Path) -> str:
    """The name that this data directory was given when it was first asked for one."""
    data_dir.mkdir(parents=True, exist_ok=True)
    file = data_dir / _INSTANCE_FILE
    # A crash of the machine may leave the file empty.
    if file.exists() and (name := file.read_text().strip()):
        return name
    name = uuid.uuid4().hex[:12]
    draft = data_dir / f"{_INSTANCE_FILE}.new"
    draft.write_text(f"{name}\n")
    draft.replace(file)
    return name
