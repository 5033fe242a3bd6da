"""Where everything is: explicit options win over the environment, that over a running `up`, that over the defaults."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from omnitrack.runtime import Runtime, read_runtime
from schemas.topics import DEFAULT_PREFIX, Topics

DEFAULT_KAFKA = "127.0.0.1:9092"
DEFAULT_CLICKHOUSE = "clickhouse://default@127.0.0.1:9000/omnitrack"
DEFAULT_DATA_DIR = Path(".omnitrack")


class Environment(BaseSettings):
    """The variables of docs/architecture.md that the operator's commands read; None: not set."""

    model_config = SettingsConfigDict(env_prefix="OMNITRACK_", frozen=True, env_ignore_empty=True)

    kafka: str | None = None
    clickhouse: str | None = None
    data_dir: Path = DEFAULT_DATA_DIR
    topic_prefix: str = DEFAULT_PREFIX
    partitions: int = 4
    replication: int = 1
    catalogue: Path | None = None
    session_timeout: float | None = None
    log_level: str = "INFO"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses a command works on; `runtime` is that of the running `up` of `data_dir`, if there is one."""

    kafka: str
    clickhouse: str
    data_dir: Path
    topic_prefix: str
    runtime: Runtime | None

    @property
    def streams_group(self) -> str:
        return consumer_group(self.topic_prefix, "streams")

    @property
    def sink_group(self) -> str:
        return consumer_group(self.topic_prefix, "sink")

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
    """
    environment = Environment()
    place = data_dir or environment.data_dir
    runtime = read_runtime(place)
    return Endpoints(
        kafka=kafka or environment.kafka or (runtime.kafka if runtime else DEFAULT_KAFKA),
        clickhouse=clickhouse or environment.clickhouse or (runtime.clickhouse if runtime else DEFAULT_CLICKHOUSE),
        data_dir=place,
        topic_prefix=environment.topic_prefix,
        runtime=runtime,
    )


def consumer_group(topic_prefix: str, app: str) -> str:
    """The consumer group of a Faust app: `omnitrack-streams` for prefix `omnitrack.` and app `streams`."""
    return f"{topic_prefix.rstrip('.')}-{app}"
