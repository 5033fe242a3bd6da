"""The settings of the Faust apps, read from the environment once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.kafka_address import DEFAULT_SERVERS, Servers, TopicPrefix
from schemas.topics import DEFAULT_PREFIX
from streams.keys import PseudonymSettings
from streams.registry import RegistrySettings

AUTO: Final = "auto"
CoreChoice = Literal["auto", "compiled", "python"]
"""Which core stitches: `auto` is the compiled one where it was built, `compiled` refuses to start without it."""
Replication = Literal["auto"] | Annotated[int, Field(ge=1, le=7)]
"""Copies of a topic's records; `auto`: three, or one per broker where there are fewer."""
LOG_LEVELS = r"^(DEBUG|INFO|WARNING|ERROR|CRITICAL)$"
_Port = Annotated[int, Field(ge=1, le=65_535)]


class KafkaSettings(BaseSettings):
    """What every Faust app needs to join its group."""

    model_config = SettingsConfigDict(env_prefix="OMNITRACK_", frozen=True, extra="ignore")

    kafka: Servers = DEFAULT_SERVERS
    topic_prefix: TopicPrefix = DEFAULT_PREFIX
    session_timeout: float = Field(default=45.0, gt=0, le=300)
    """Seconds after which the group takes a silent member for dead."""
    group_instance: Annotated[str | None, AfterValidator(lambda name: name or None)] = None
    """A name that outlives the process, each its own: a restart within the session time-out moves no partition."""
    log_level: str = Field(default="INFO", pattern=LOG_LEVELS)

    metrics_host: str = "127.0.0.1"
    metrics_port: Annotated[_Port | None, BeforeValidator(lambda port: port or None)] = None
    """Where the process shows `/metrics`, `/health` and `/ready`; None: nowhere."""

    @property
    def page(self) -> tuple[str, int] | None:
        """Host and port of the process's own page."""
        return None if self.metrics_port is None else (self.metrics_host, self.metrics_port)

    def group(self, role: str) -> str:
        """The consumer group, and app id, of `role`: `omnitrack-streams`."""
        return group_of(self.topic_prefix, role)


def group_of(topic_prefix: str, role: str) -> str:
    """The consumer group of `role` in the deployment whose topics have this prefix."""
    return f"{topic_prefix.rstrip('.') or 'omnitrack'}-{role}"


class StreamSettings(KafkaSettings, PseudonymSettings, RegistrySettings):
    """What the streams app needs beyond that."""

    partitions: int = Field(default=4, ge=1, le=1024)
    replication: Replication = AUTO
    catalogue: Path | None = None
    core: CoreChoice = AUTO
