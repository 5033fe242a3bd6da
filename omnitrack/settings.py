"""Where everything is: explicit options win over the environment, that over a running `up`, that over the defaults."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from omnitrack.notify.settings import NotifySettings
from omnitrack.runtime import Runtime, read_runtime
from omnitrack.settings_error import SettingsError
from schemas.kafka_address import DEFAULT_SERVERS
from schemas.kafka_security import KafkaSecurityError, client_options
from schemas.topics import DEFAULT_PREFIX, Topics
from sinks.clickhouse.settings import DEFAULT_URL, ClickHouseSettings, NoPassword
from sinks.webhook.signature import SecretError, read_secrets
from streams.registry import RegistryError, RegistrySettings, open_registry
from streams.settings import AUTO, LOG_LEVELS, KafkaSettings, Replication, group_of

DEFAULT_DATA_DIR = Path(".omnitrack")


class Environment(BaseSettings):
    """The variables of docs/architecture.md that the operator's commands read; None: not set."""

    model_config = SettingsConfigDict(env_prefix="OMNITRACK_", frozen=True, env_ignore_empty=True)

    kafka: str | None = None
    clickhouse: str | None = None
    data_dir: Path = DEFAULT_DATA_DIR
    topic_prefix: str = DEFAULT_PREFIX
    partitions: int = Field(default=4, ge=1, le=1024)
    replication: Replication = AUTO
    catalogue: Path | None = None
    session_timeout: float | None = Field(default=None, gt=0, le=300)
    group_instance: str | None = None
    metrics_port: int | None = Field(default=None, ge=1, le=65_000)
    log_level: str = Field(default="INFO", pattern=LOG_LEVELS)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses a command works on; `runtime` is that of the running `up` of `data_dir`, if there is one."""

    kafka: str
    clickhouse: str = field(repr=False)
    data_dir: Path
    topic_prefix: str
    streams_group: str
    sink_group: str
    alerts_group: str
    runtime: Runtime | None = field(repr=False)

    def group(self, role: str) -> str:
        """The consumer group of `role`: `notify-webhook`."""
        return group_of(self.topic_prefix, role)

    def catalogue(self, given: Path | None) -> Path | None:
        """The catalogue's file: the one given, else the environment's, else that of the `up` that these are of.

        None: there is none, so defaults hold. Raises `SettingsError`.
        """
        if named := given or read_environment().catalogue:
            return named
        up = self.runtime
        if up is None or up.catalogue is None or (up.kafka, up.clickhouse) != (self.kafka, self.clickhouse):
            return None
        return Path(up.catalogue)

    @property
    def clickhouse_settings(self) -> ClickHouseSettings:
        """What is connected to ClickHouse with."""
        return ClickHouseSettings.of(self.clickhouse)

    @property
    def topics(self) -> Topics:
        """Topic names; the channels are the built-in ones, a catalogue may add more."""
        return Topics(self.topic_prefix)


def resolve_endpoints(
    kafka: str | None = None,
    clickhouse: str | None = None,
    data_dir: Path | None = None,
) -> Endpoints:
    """Where a command finds Kafka and ClickHouse. Every command that talks to them calls this.

    Pass the command's own options, None where the user gave none. Each address is taken from the first that has it:
    the option, the environment (`OMNITRACK_KAFKA`, `OMNITRACK_CLICKHOUSE`), the runtime file of an `omnitrack up`
    that is running on the data directory (`data_dir`, else `OMNITRACK_DATA_DIR`, else `.omnitrack`), the default.
    So `omnitrack publish touchpoints.jsonl` beside a running `up` needs no option. Nothing is connected to.
    Raises `SettingsError`.
    """
    environment = read_environment()
    place = data_dir or environment.data_dir
    runtime = read_runtime(place)
    return check_endpoints(
        kafka=kafka or environment.kafka or (runtime.kafka if runtime else DEFAULT_SERVERS),
        clickhouse=clickhouse or environment.clickhouse or (runtime.clickhouse if runtime else DEFAULT_URL),
        data_dir=place,
        topic_prefix=environment.topic_prefix,
        runtime=runtime,
    )


def check_endpoints(
    kafka: str, clickhouse: str, data_dir: Path, topic_prefix: str, runtime: Runtime | None = None
) -> Endpoints:
    """These addresses, checked. Raises `SettingsError`."""
    with _explained():
        broker = KafkaSettings.model_validate({"kafka": kafka, "topic_prefix": topic_prefix})
        ClickHouseSettings.of(clickhouse).client_options()
        client_options(kafka)
    return Endpoints(
        kafka=kafka,
        clickhouse=clickhouse,
        data_dir=data_dir,
        topic_prefix=topic_prefix,
        streams_group=broker.group("streams"),
        sink_group=broker.group("sink"),
        alerts_group=broker.group("alerts"),
        runtime=runtime,
    )


def check_receivers(alertmanager: str | None, webhook: str | None, secret_file: Path | None) -> NotifySettings:
    """The receivers of alerts, checked, with the secrets of the webhook. Raises `SettingsError`."""
    given = {"alertmanager": alertmanager, "webhook": webhook, "webhook_secret_file": secret_file}
    with _explained():
        settings = NotifySettings.model_validate(given)
    if settings.webhook is not None:
        if settings.webhook_secret_file is None:
            raise SettingsError("OMNITRACK_WEBHOOK_SECRET_FILE (or the option in its place): a webhook needs one")
        try:
            read_secrets(settings.webhook_secret_file)
        except SecretError as error:
            raise SettingsError(f"OMNITRACK_WEBHOOK_SECRET_FILE (or the option in its place): {error}") from error
    return settings


def check_registry() -> None:
    """Raise `SettingsError` if the environment names a schema registry that workers could not use. Nothing is asked."""
    with _explained():
        open_registry(RegistrySettings())


def read_environment() -> Environment:
    """The environment, checked. Raises `SettingsError`."""
    with _explained():
        return Environment()


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        raise SettingsError("\n".join(_line(detail) for detail in error.errors())) from error
    except (KafkaSecurityError, NoPassword, RegistryError) as error:
        raise SettingsError(str(error)) from error


def _line(detail: ErrorDetails) -> str:
    message = detail["msg"].removeprefix("Value error, ")
    if not detail["loc"]:
        return message
    field = str(detail["loc"][0])
    message = message.removeprefix(f"OMNITRACK_{field.upper()}: ")
    return f"OMNITRACK_{field.upper()} (or the option in its place): {message}"
