"""The services of one deployment: embedded broker and ClickHouse where no real ones are given, sink, workers, pages."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count

from omnitrack.embedded.broker import broker_address
from omnitrack.embedded.clickhouse import clickhouse_address
from omnitrack.ports import LOOPBACK, free_port, free_ports
from omnitrack.readiness import Readiness
from omnitrack.service_specs import DeploymentOptions, ServiceSpecs
from omnitrack.services import ServiceSpec
from omnitrack.settings import (
    Endpoints,
    Environment,
    check_endpoints,
    check_registry,
    read_environment,
)
from omnitrack.settings_error import SettingsError
from omnitrack.supervisor import Plan
from schemas.catalogue import load_catalogue
from schemas.kafka_security import read_kafka_security
from schemas.topics import Topics

_OTHER_APPS = 5


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
    specs = ServiceSpecs(options, environment, endpoints, readiness, _metrics_ports(environment, options.workers))
    brokers = [] if options.kafka else [specs.broker(kafka_port)]
    stores = [] if options.clickhouse else [specs.clickhouse(clickhouse_port)]
    # Without rules it ends what still fires of those that there were; the embedded broker knows nothing of before.
    alerting = [specs.alerts()] if readiness.catalogue.alerts.rules or options.kafka else []
    apps = [specs.sink(), *alerting, *specs.notifiers()]
    workers = [specs.worker(number) for number in range(1, options.workers + 1)]
    explorer_port = free_port() if options.explorer_port == 0 else options.explorer_port
    explorers = [] if explorer_port is None else [(explorer_port, "--explorer-port")]
    pages = [specs.explorer(port) for port, _ in explorers]
    return Plan(
        data_dir=options.data_dir,
        kafka=endpoints.kafka,
        clickhouse=endpoints.clickhouse,
        stages=[brokers, stores, [specs.topics(), specs.tables()], [*apps, *pages], workers],
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
    cluster = endpoints.clickhouse_settings.clickhouse_cluster
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
        clickhouse=endpoints.clickhouse_settings,
        catalogue=catalogue,
    )
