"""The services of one deployment: embedded broker and ClickHouse where no real ones are given, sink, workers, pages."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from omnitrack.embedded.broker import ENVIRONMENT, LOST, SESSION_SECONDS, broker_address, broker_command
from omnitrack.embedded.broker import SERVICE as BROKER
from omnitrack.embedded.clickhouse import clickhouse_address, clickhouse_command
from omnitrack.ports import LOOPBACK, free_port, free_ports
from omnitrack.processes import ProcessSpec
from omnitrack.readiness import Readiness
from omnitrack.services import ServiceSpec
from omnitrack.settings import (
    Endpoints,
    Environment,
    check_endpoints,
    check_receivers,
    check_registry,
    read_environment,
)
from omnitrack.settings_error import SettingsError
from omnitrack.supervisor import Plan
from schemas.catalogue import load_catalogue
from schemas.kafka_security import read_kafka_security
from schemas.topics import Topics
from sinks.clickhouse.settings import ClickHouseSettings

TOPICS, CLICKHOUSE, TABLES, SINK, ALERTS, EXPLORER = "topics", "clickhouse", "tables", "sink", "alerts", "explorer"
_OTHER_APPS = 5
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


def plan_deployment(options: DeploymentOptions) -> Plan:
    """What has to run for these options. Raises `SettingsError`, `CatalogueError`, `TansuBinaryNotFound`."""
    environment = read_environment()
    check_registry()
    if options.kafka is None:
        _refuse_security()
    if options.clickhouse is None:
        _require_engine()
    kafka_port = options.kafka_port or free_port()
    clickhouse_port = options.clickhouse_port or free_port()
    endpoints = check_endpoints(
        kafka=options.kafka or broker_address(kafka_port),
        clickhouse=options.clickhouse or clickhouse_address(clickhouse_port),
        data_dir=options.data_dir,
        topic_prefix=environment.topic_prefix,
    )
    if options.clickhouse is None:
        _refuse_cluster(endpoints)
    readiness = _readiness(options, environment, endpoints)
    deployment = _Deployment(options, environment, endpoints, readiness, _metrics_ports(environment, options.workers))
    brokers = [] if options.kafka else [deployment.broker(kafka_port)]
    stores = [] if options.clickhouse else [deployment.clickhouse(clickhouse_port)]
    # Without rules it ends what still fires of those that there were; the embedded broker knows nothing of before.
    alerting = [deployment.alerts()] if readiness.catalogue.alerts.rules or options.kafka else []
    apps = [deployment.sink(), *alerting, *deployment.notifiers()]
    workers = [deployment.worker(number) for number in range(1, options.workers + 1)]
    explorer_port = free_port() if options.explorer_port == 0 else options.explorer_port
    explorers = [] if explorer_port is None else [(explorer_port, "--explorer-port")]
    pages = [deployment.explorer(port) for port, _ in explorers]
    return Plan(
        data_dir=options.data_dir,
        kafka=endpoints.kafka,
        clickhouse=endpoints.clickhouse,
        stages=[brokers, stores, [deployment.topics(), deployment.tables()], [*apps, *pages], workers],
        ports=[
            *[(kafka_port, "--kafka-port")] * len(brokers),
            *[(clickhouse_port, "--clickhouse-port")] * len(stores),
            *explorers,
            *[(port, "OMNITRACK_METRICS_PORT") for port in map(_page_port, (*apps, *pages, *workers))],
        ],
        kafka_in_memory=bool(brokers),
        catalogue=catalogue.resolve() if (catalogue := options.catalogue or environment.catalogue) else None,
        explorer=f"http://{LOOPBACK}:{explorer_port}/" if pages else None,
    )


def _metrics_ports(environment: Environment, workers: int) -> Iterator[int]:
    """A port for the page of each process: from the one given on, else any that is free."""
    return count(environment.metrics_port) if environment.metrics_port else iter(free_ports(workers + _OTHER_APPS))


def _page_port(app: ServiceSpec) -> int:
    return int((app.page or "").rpartition(":")[2])


def _refuse_security() -> None:
    """The embedded broker speaks neither TLS nor SASL, and listens on loopback only."""
    security = read_kafka_security().security
    if security != "PLAINTEXT":
        raise SettingsError(
            f"OMNITRACK_KAFKA_SECURITY={security}: the embedded broker knows none of this, and listens on {LOOPBACK}"
            " only: unset it, or name a Kafka with --kafka"
        )


def _require_engine() -> None:
    if find_spec("chdb") is None:
        raise SettingsError(
            "the embedded ClickHouse is not installed here (the container image leaves it out): name a ClickHouse with"
            " --clickhouse, or install the package chdb-core"
        )


def _refuse_cluster(endpoints: Endpoints) -> None:
    """The embedded ClickHouse is one server."""
    cluster = ClickHouseSettings.of(endpoints.clickhouse).clickhouse_cluster
    if cluster is not None:
        raise SettingsError(
            f"OMNITRACK_CLICKHOUSE_CLUSTER={cluster}: the embedded ClickHouse is one server: unset it, or name a"
            " ClickHouse with --clickhouse"
        )


def _readiness(options: DeploymentOptions, environment: Environment, endpoints: Endpoints) -> Readiness:
    catalogue = load_catalogue(options.catalogue or environment.catalogue)
    return Readiness(
        kafka=endpoints.kafka,
        topics=Topics(endpoints.topic_prefix, catalogue.channels),
        partitions=environment.partitions,
        replication=environment.replication,
        clickhouse=ClickHouseSettings.of(endpoints.clickhouse),
        catalogue=catalogue,
    )


@dataclass(frozen=True, slots=True)
class _Deployment:
    options: DeploymentOptions
    environment: Environment
    endpoints: Endpoints
    readiness: Readiness
    metrics_ports: Iterator[int]

    def broker(self, port: int) -> ServiceSpec:
        process = ProcessSpec(broker_command(port), ENVIRONMENT, grace=_BROKER_GRACE)
        return ServiceSpec(BROKER, process, self.readiness.broker_silent, on_death=LOST)

    def clickhouse(self, port: int) -> ServiceSpec:
        command = clickhouse_command(self.options.data_dir / CLICKHOUSE, port)
        return ServiceSpec(CLICKHOUSE, ProcessSpec(command, grace=_CLICKHOUSE_GRACE), self.readiness.clickhouse_silent)

    def topics(self) -> ServiceSpec:
        embedded = () if self.options.kafka else (BROKER,)
        return ServiceSpec(TOPICS, None, self.readiness.topics_missing, needs=embedded, restart_with=embedded)

    def tables(self) -> ServiceSpec:
        needs = () if self.options.clickhouse else (CLICKHOUSE,)
        return ServiceSpec(TABLES, None, self.readiness.tables_missing, needs=needs)

    def sink(self) -> ServiceSpec:
        return self._app(SINK, "omnitrack.sink", self.endpoints.sink_group, members=1)

    def worker(self, number: int) -> ServiceSpec:
        return self._app(f"worker-{number}", "streams.app", self.endpoints.streams_group, self.options.workers)

    def alerts(self) -> ServiceSpec:
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
