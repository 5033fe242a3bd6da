"""What the Helm chart asks of KEDA, Strimzi, Altinity's operator and the Prometheus operator fits its own processes."""

from __future__ import annotations

import json
import re

import pytest
from ruamel.yaml import YAML

from streams.settings import KafkaSettings
from tests.deploy.chart import (
    NEEDED,
    Resource,
    container,
    environment,
    of_kind,
    rendered,
)
from tests.deploy.known import DEPLOY


@pytest.mark.parametrize("prefix", ["omnitrack.", "bank.prod.", "", "tracker"])
def test_autoscaling_goes_by_the_group_of_the_process(prefix: str) -> None:
    scaled = {"autoscaling": {"enabled": True}}
    kafka = NEEDED["kafka"] | {"topicPrefix": prefix, "partitions": 40}
    made = of_kind("ScaledObject", rendered(NEEDED | {"kafka": kafka, "worker": scaled, "sink": scaled}))
    groups = {each["spec"]["triggers"][0]["metadata"]["consumerGroup"] for each in made.values()}
    settings = KafkaSettings(topic_prefix=prefix)
    assert groups == {settings.group("streams"), settings.group("sink")}
    assert {each["spec"]["maxReplicaCount"] for each in made.values()} == {40}


def test_where_processes_are_scaled_helm_does_not_say_how_many(secured: list[Resource]) -> None:
    made = of_kind("StatefulSet", secured)
    scaled = {each["spec"]["scaleTargetRef"]["name"] for each in of_kind("ScaledObject", secured).values()}
    assert scaled == {"omnitrack-worker", "omnitrack-sink"}
    assert {name for name, each in made.items() if "replicas" not in each["spec"]} == scaled


def test_keda_logs_in_as_the_process_does(secured: list[Resource]) -> None:
    for name, each in of_kind("ScaledObject", secured).items():
        (trigger,) = each["spec"]["triggers"]
        login = of_kind("TriggerAuthentication", secured)[trigger["authenticationRef"]["name"]]["spec"]
        process = of_kind("StatefulSet", secured)[name]["spec"]["template"]
        assert login["env"][0]["name"] in environment(process)
        assert login["env"][0]["containerName"] == container(process)["name"]
        assert {secret["parameter"] for secret in login["secretTargetRef"]} == {"password", "ca"}
        assert (trigger["metadata"]["sasl"], trigger["metadata"]["tls"]) == ("scram_sha512", "enable")


def test_clickhouse_and_kafka_of_the_operators_are_called_by_their_names(operators: list[Resource]) -> None:
    (kafka,) = of_kind("Kafka", operators)
    (user,) = of_kind("KafkaUser", operators)
    (clickhouse,) = of_kind("ClickHouseInstallation", operators)
    (keeper,) = of_kind("ClickHouseKeeperInstallation", operators)
    told = environment(of_kind("StatefulSet", operators)["omnitrack-sink"]["spec"]["template"])
    # The names of services and secrets are those that the operators' documentation gives.
    assert told["OMNITRACK_KAFKA"] == f"{kafka}-kafka-bootstrap:9093"
    assert told["OMNITRACK_KAFKA_USER"] == user
    assert told["OMNITRACK_CLICKHOUSE"] == f"clickhouse://omnitrack@clickhouse-{clickhouse}:9000/omnitrack"
    zookeeper = of_kind("ClickHouseInstallation", operators)[clickhouse]["spec"]["configuration"]["zookeeper"]
    settings = of_kind("ClickHouseKeeperInstallation", operators)[keeper]["spec"]["configuration"]["settings"]
    assert zookeeper["nodes"] == [{"host": f"keeper-{keeper}", "port": int(settings["keeper_server/tcp_port"])}]
    secrets = json.dumps(of_kind("StatefulSet", operators)["omnitrack-sink"]["spec"]["template"]["spec"]["volumes"])
    assert f'"{user}"' in secrets
    assert f'"{kafka}-cluster-ca-cert"' in secrets


def test_pools_users_and_topics_belong_to_the_cluster(operators: list[Resource]) -> None:
    (kafka,) = of_kind("Kafka", operators)
    for kind in ("KafkaNodePool", "KafkaUser", "KafkaTopic"):
        for each in of_kind(kind, operators).values():
            assert each["metadata"]["labels"]["strimzi.io/cluster"] == kafka


def test_templates_that_are_referred_to_are_there(operators: list[Resource]) -> None:
    for kind in ("ClickHouseInstallation", "ClickHouseKeeperInstallation"):
        (each,) = of_kind(kind, operators).values()
        templates = each["spec"]["templates"]
        named = {template["name"] for template in (*templates["podTemplates"], *templates["volumeClaimTemplates"])}
        assert set(each["spec"]["defaults"]["templates"].values()) == named


def test_rules_and_dashboards_are_the_ones_of_the_project(secured: list[Resource]) -> None:
    (rule,) = of_kind("PrometheusRule", secured).values()
    assert rule["spec"] == YAML(typ="safe").load(DEPLOY / "prometheus" / "rules.yml")
    boards = {path.name: path.read_text() for path in DEPLOY.glob("grafana/provisioning/dashboards/*/*.json")}
    held = [
        each["data"]
        for each in of_kind("ConfigMap", secured).values()
        if "grafana_dashboard" in each["metadata"]["labels"]
    ]
    assert {name: text for data in held for name, text in data.items()} == boards


def test_dashboards_find_the_data_sources_that_they_refer_to(secured: list[Resource]) -> None:
    held = of_kind("ConfigMap", secured)["omnitrack-datasources"]
    assert held["metadata"]["labels"]["grafana_datasource"] == "1"
    offered = {
        source["uid"]: source["type"]
        for text in held["data"].values()
        for source in YAML(typ="safe").load(text)["datasources"]
    }
    wanted = {
        found
        for name, each in of_kind("ConfigMap", secured).items()
        if "-dashboard-" in name
        for text in each["data"].values()
        for found in re.findall(r'"type": "([a-z-]+)", "uid": "([a-z-]+)"', text)
    }
    assert {uid: kind for kind, uid in wanted} == offered


def test_the_monitor_finds_every_process(secured: list[Resource]) -> None:
    (monitor,) = of_kind("ServiceMonitor", secured).values()
    wanted = monitor["spec"]["selector"]["matchLabels"]
    found = [
        name
        for name, each in of_kind("Service", secured).items()
        if wanted.items() <= each["metadata"]["labels"].items()
    ]
    assert sorted(found) == sorted([*of_kind("StatefulSet", secured), "omnitrack-explorer-metrics"])
    assert {each["targetLabel"] for each in monitor["spec"]["endpoints"][0]["relabelings"]} == {"job", "process"}


def spread(pod: Resource) -> dict[str, Resource]:
    """What a pod's copies are spread over → how."""
    return {each["topologyKey"]: each for each in pod["topologySpreadConstraints"]}


def test_no_node_has_two_copies_of_the_same_data_while_another_has_none(operators: list[Resource]) -> None:
    (kafka,), pools = of_kind("Kafka", operators), of_kind("KafkaNodePool", operators)
    (clickhouse,) = of_kind("ClickHouseInstallation", operators).values()
    (keeper,) = of_kind("ClickHouseKeeperInstallation", operators).values()
    servers = {name: pool["spec"]["template"]["pod"] for name, pool in pools.items()}
    for each in (clickhouse, keeper):
        (template,) = each["spec"]["templates"]["podTemplates"]
        servers[template["name"]] = template["spec"]
    assert set(servers) == {"omnitrack-brokers", "omnitrack-controllers", "clickhouse", "keeper"}
    for name, pod in servers.items():
        over = spread(pod)
        assert over["kubernetes.io/hostname"]["whenUnsatisfiable"] == "DoNotSchedule", name
        assert over["topology.kubernetes.io/zone"]["whenUnsatisfiable"] == "ScheduleAnyway", name
    # Labels that the operators' documentation gives to the pods.
    for name in pools:
        labels = spread(servers[name])["kubernetes.io/hostname"]["labelSelector"]["matchLabels"]
        assert labels == {"strimzi.io/cluster": kafka, "strimzi.io/pool-name": name}
    of_a_shard = spread(servers["clickhouse"])["kubernetes.io/hostname"]
    assert of_a_shard["labelSelector"]["matchLabels"] == {"clickhouse.altinity.com/chi": "omnitrack"}
    assert of_a_shard["matchLabelKeys"] == ["clickhouse.altinity.com/shard"]


def test_processes_and_explorers_of_a_kind_are_spread_over_nodes(secured: list[Resource]) -> None:
    for each in (*of_kind("StatefulSet", secured).values(), *of_kind("Deployment", secured).values()):
        (constraint,) = each["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert constraint["topologyKey"] == "kubernetes.io/hostname"
        assert constraint["labelSelector"] == each["spec"]["selector"]
