"""The settings of what writes touchpoints, read from the environment once."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.kafka_address import DEFAULT_SERVERS, Servers, TopicPrefix
from schemas.topics import DEFAULT_PREFIX


class PublisherSettings(BaseSettings):
    """Where the publisher writes, and how long it waits for Kafka."""

    model_config = SettingsConfigDict(env_prefix="OMNITRACK_", frozen=True, extra="ignore", env_ignore_empty=True)

    kafka: Servers = DEFAULT_SERVERS
    topic_prefix: TopicPrefix = DEFAULT_PREFIX
    answer_seconds: float = Field(default=5.0, gt=0, le=300)
    """Within which a broker must answer at first, and a topic must be found."""
    delivery_seconds: float = Field(default=30.0, ge=2, le=600)
    """Within which a touchpoint must be acknowledged: a broker may restart meanwhile."""
