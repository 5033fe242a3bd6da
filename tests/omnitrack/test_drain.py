"""Draining ends when all that was published before is committed through every stage, and not before."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from omnitrack.broker_reader import BrokerReader
from omnitrack.cli import app
from omnitrack.drain import Drained, Stage, StillBehind, TopicsMissing, drain, drain_stages
from omnitrack.ports import LOOPBACK, free_port
from omnitrack.settings import Endpoints, check_endpoints
from schemas.topics import Topics
from sinks.clickhouse.settings import DEFAULT_URL
from tests.omnitrack.kafka_group import commit, deployment, send
from tests.support.brokers import Broker


def stages_of(endpoints: Endpoints, reader: BrokerReader) -> tuple[Stage, ...]:
    stages = drain_stages(endpoints, reader.topics())
    assert not isinstance(stages, TopicsMissing)
    return stages


def silent(stage: Stage, records: int) -> None:
    """Progress that nobody looks at."""


def test_nothing_published_is_drained_at_once(broker: Broker, topic_prefix: str) -> None:
    endpoints = deployment(broker.bootstrap, topic_prefix)
    with BrokerReader(broker.bootstrap) as reader:
        assert isinstance(drain(reader, stages_of(endpoints, reader), 0.0, silent), Drained)


def test_a_time_out_names_the_stage_and_what_each_partition_still_has(broker: Broker, topic_prefix: str) -> None:
    endpoints = deployment(broker.bootstrap, topic_prefix)
    atm, branch = endpoints.topics.touchpoints("atm"), endpoints.topics.touchpoints("branch")
    send(broker.bootstrap, atm, 100)
    send(broker.bootstrap, branch, 7, partition=1)
    commit(broker.bootstrap, endpoints.streams_group, atm, 60)
    with BrokerReader(broker.bootstrap) as reader:
        outcome = drain(reader, stages_of(endpoints, reader), 0.3, silent)
    assert isinstance(outcome, StillBehind)
    assert outcome.stage.name == "ingest"
    assert outcome.records == {f"{atm}:0": 40, f"{branch}:1": 7}
    assert str(outcome) == (
        f"stage ingest (group {endpoints.streams_group}) is still behind on {atm}:0 by 40, {branch}:1 by 7"
    )


def test_each_stage_has_to_reach_what_the_stage_before_it_sent(broker: Broker, topic_prefix: str) -> None:
    endpoints = deployment(broker.bootstrap, topic_prefix)
    atm, customer, stitched = endpoints.topics.touchpoints("atm"), endpoints.topics.customer, endpoints.topics.stitched
    identity = endpoints.topics.identity
    kafka, streams, sink = broker.bootstrap, endpoints.streams_group, endpoints.sink_group
    send(kafka, atm, 3)
    work = {
        "ingest": (atm, streams, identity),
        "identity": (identity, streams, customer),
        "stitch": (customer, streams, stitched),
        "store": (stitched, sink, None),
    }
    seen: list[str] = []

    def do_the_work(stage: Stage, records: int) -> None:
        source, group, target = work[stage.name]
        if target:
            send(kafka, target, 3)
        commit(kafka, group, source, 3)
        seen.append(stage.name)

    with BrokerReader(kafka) as reader:
        outcome = drain(reader, stages_of(endpoints, reader), 120.0, do_the_work)
    assert isinstance(outcome, Drained)
    assert seen == ["ingest", "identity", "stitch", "store"]


def test_what_identity_sends_to_itself_is_drained_too(broker: Broker, topic_prefix: str) -> None:
    endpoints = deployment(broker.bootstrap, topic_prefix)
    identity, customer = endpoints.topics.identity, endpoints.topics.customer
    send(broker.bootstrap, identity, 1)
    done = 0

    def ask_and_answer(stage: Stage, records: int) -> None:
        nonlocal done
        done += 1
        if stage.name == "identity" and done < 3:
            send(broker.bootstrap, identity, 1)
        if done == 3:
            send(broker.bootstrap, customer, 1)
        commit(broker.bootstrap, endpoints.streams_group, stage.topics[0], min(done, 3) if done < 4 else 1)

    with BrokerReader(broker.bootstrap) as reader:
        assert isinstance(drain(reader, stages_of(endpoints, reader), 120.0, ask_and_answer), Drained)
    assert done == 4


def test_what_is_published_after_the_call_is_not_waited_for(broker: Broker, topic_prefix: str) -> None:
    endpoints = deployment(broker.bootstrap, topic_prefix)
    atm = endpoints.topics.touchpoints("atm")
    send(broker.bootstrap, atm, 3)

    def work(stage: Stage, records: int) -> None:
        send(broker.bootstrap, atm, 5)
        commit(broker.bootstrap, endpoints.streams_group, atm, 3)

    with BrokerReader(broker.bootstrap) as reader:
        assert isinstance(drain(reader, stages_of(endpoints, reader), 120.0, work), Drained)


def test_the_channels_of_a_catalogue_are_drained_too() -> None:
    endpoints = check_endpoints("127.0.0.1:1", DEFAULT_URL, Path("nowhere"), "omnitrack.")
    existing = frozenset(spec.name for spec in Topics(channels=("atm", "mail")).all)
    stages = drain_stages(endpoints, existing)
    assert not isinstance(stages, TopicsMissing)
    assert stages[0].topics == ("omnitrack.touchpoints.atm", "omnitrack.touchpoints.mail")


def test_a_broker_without_the_topics_of_the_deployment_is_told(broker: Broker, topic_prefix: str) -> None:
    environment = {"OMNITRACK_KAFKA": broker.bootstrap, "OMNITRACK_TOPIC_PREFIX": topic_prefix}
    result = CliRunner().invoke(app, ["drain", "--timeout", "1"], env=environment)
    assert result.exit_code == 2
    assert "the broker has no topic" in result.stderr
    assert f"{topic_prefix}customer" in result.stderr


def test_the_command_says_how_long_it_took(broker: Broker, topic_prefix: str) -> None:
    deployment(broker.bootstrap, topic_prefix)
    environment = {"OMNITRACK_TOPIC_PREFIX": topic_prefix}
    result = CliRunner().invoke(app, ["drain", "--kafka", broker.bootstrap], env=environment)
    assert result.exit_code == 0
    assert result.stdout.startswith("drained in ")


def test_the_command_fails_with_the_stage_when_time_is_up(broker: Broker, topic_prefix: str) -> None:
    endpoints = deployment(broker.bootstrap, topic_prefix)
    send(broker.bootstrap, endpoints.topics.customer, 2)
    environment = {"OMNITRACK_TOPIC_PREFIX": topic_prefix}
    result = CliRunner().invoke(app, ["drain", "--kafka", broker.bootstrap, "--timeout", "0.1"], env=environment)
    assert result.exit_code == 1
    assert f"not drained after 0.1 s: stage stitch (group {endpoints.streams_group})" in result.stderr


def test_a_broker_that_does_not_answer_is_named() -> None:
    address = f"{LOOPBACK}:{free_port()}"
    result = CliRunner().invoke(app, ["drain", "--kafka", address])
    assert result.exit_code == 2
    assert f"Kafka at {address} does not answer" in result.stderr
