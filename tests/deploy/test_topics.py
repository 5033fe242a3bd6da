"""The topics that Strimzi is asked for are those that a worker would make."""

from __future__ import annotations

import re

import pytest

from schemas.catalogue import load_catalogue
from schemas.topics import BUILT_IN_CHANNELS, Topics
from streams.provision import topic_configs
from tests.deploy.chart import CATALOGUE, Resource, example, of_kind, rendered

KUBERNETES_NAME = re.compile(r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")
OPERATORS = {
    "strimzi": {"enabled": True},
    "clickhouse": {"url": "clickhouse://clickhouse/omnitrack"},
    "explorer": {"enabled": False},
}


def asked_for(resources: list[Resource]) -> dict[str, tuple[int, int, dict[str, str]]]:
    """Partitions, replicas and configuration by topic."""
    specs = [each["spec"] for each in of_kind("KafkaTopic", resources).values()]
    return {
        spec["topicName"]: (
            spec["partitions"],
            spec["replicas"],
            {name: str(value) for name, value in spec["config"].items()},
        )
        for spec in specs
    }


def made_by_a_worker(topics: Topics, partitions: int, replicas: int) -> dict[str, tuple[int, int, dict[str, str]]]:
    return {spec.name: (partitions, replicas, topic_configs(spec, topics, replicas)) for spec in topics.all}


@pytest.mark.parametrize("prefix", ["omnitrack.", "bank.prod.", "Bank_1."])
def test_they_are_the_same_under_every_prefix(prefix: str) -> None:
    kafka = {"topicPrefix": prefix, "partitions": 7, "replication": 3}
    assert asked_for(rendered(OPERATORS | {"kafka": kafka})) == made_by_a_worker(Topics(prefix), 7, 3)


def test_channels_of_the_catalogue_have_topics() -> None:
    catalogue = load_catalogue(CATALOGUE)
    assert catalogue.channels != BUILT_IN_CHANNELS
    wanted = made_by_a_worker(Topics("omnitrack.", catalogue.channels), 24, 3)
    assert asked_for(example("operators.yaml")) == wanted


def test_each_has_a_name_that_kubernetes_takes() -> None:
    names = of_kind("KafkaTopic", rendered(OPERATORS | {"kafka": {"topicPrefix": "Bank_1."}}))
    assert len(names) == len(Topics().all)
    assert [name for name in names if not KUBERNETES_NAME.match(name)] == []


def test_the_built_in_channels_are_the_default() -> None:
    assert set(asked_for(rendered(OPERATORS))) == {spec.name for spec in Topics().all}


def test_the_user_may_do_what_the_processes_do() -> None:
    (user,) = of_kind("KafkaUser", example("operators.yaml")).values()
    rights = {
        rule["resource"]["type"]: (rule["resource"].get("name"), set(rule["operations"]))
        for rule in user["spec"]["authorization"]["acls"]
    }
    assert rights["topic"] == ("omnitrack.", {"Create", "Describe", "DescribeConfigs", "Read", "Write"})
    assert rights["group"] == ("omnitrack-", {"Describe", "Read"})
    assert rights["cluster"] == (None, {"IdempotentWrite"})
