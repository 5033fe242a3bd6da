"""Settings come from the environment, and wrong ones are refused by name."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sources.settings import PublisherSettings
from streams.settings import KafkaSettings, StreamSettings


def test_the_environment_is_read_under_the_documented_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNITRACK_KAFKA", "a:1, b:2")
    monkeypatch.setenv("OMNITRACK_TOPIC_PREFIX", "bank.")
    monkeypatch.setenv("OMNITRACK_PARTITIONS", "8")
    monkeypatch.setenv("OMNITRACK_SESSION_TIMEOUT", "6")
    settings = StreamSettings()
    assert (settings.kafka, settings.partitions, settings.session_timeout) == ("a:1, b:2", 8, 6.0)
    assert settings.group("streams") == "bank-streams"


@pytest.mark.parametrize("kafka", ["", "host", "host:", ":9092", "host:70000", "a:1,b"])
@pytest.mark.parametrize("settings", [KafkaSettings, PublisherSettings])
def test_servers_that_are_not_host_and_port_are_refused(
    settings: type[KafkaSettings] | type[PublisherSettings], kafka: str
) -> None:
    with pytest.raises(ValidationError, match="is not host:port"):
        settings(kafka=kafka)


def test_what_the_workers_take_for_servers_the_publisher_takes_as_well() -> None:
    assert PublisherSettings(kafka="a:1, b:2").kafka == KafkaSettings(kafka="a:1, b:2").kafka == "a:1, b:2"


def test_without_a_prefix_the_group_has_the_products_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNITRACK_TOPIC_PREFIX", "")
    assert StreamSettings().group("sink") == "omnitrack-sink"
