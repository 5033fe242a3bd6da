"""`omnitrack replicas`: where the copies could go that topics lack."""

from __future__ import annotations

import msgspec
import typer

from omnitrack.broker_reader import BrokerReader, BrokerUnavailableError
from omnitrack.commands.options import DataDir, Kafka
from omnitrack.commands.telling import FAILED, complain, complaining
from omnitrack.replication import reassignment, widened
from omnitrack.settings import read_environment, resolve_endpoints
from omnitrack.status.collect import topics_kept
from streams.provision import replicas_for


def replicas_command(kafka: Kafka = None, data_dir: DataDir = None) -> None:
    """Print a reassignment for kafka-reassign-partitions.sh: topics with fewer replicas than wanted get more.

    Wanted is what OMNITRACK_REPLICATION says. Each partition stays where it is; what it lacks goes to other racks
    first, then to the brokers that hold the fewest. Nothing is changed by this. Exit code 2: Kafka does not answer,
    or there are fewer brokers than replicas are wanted.
    """
    endpoints = resolve_endpoints(kafka=kafka, data_dir=data_dir)
    with complaining("replicas", BrokerUnavailableError), BrokerReader(endpoints.kafka) as reader:
        racks = reader.racks()
        found = reader.replicas(topics_kept(endpoints, reader.topics()))
    wanted = replicas_for(read_environment().replication, len(racks))
    if wanted > len(racks):
        complain("replicas", f"OMNITRACK_REPLICATION wants {wanted} replicas; brokers that are there: {len(racks)}")
        raise typer.Exit(FAILED)
    wider = widened(found, wanted, racks)
    if not wider:
        typer.echo(f"no partition has fewer replicas than wanted ({wanted}): there is nothing to reassign", err=True)
    typer.echo(msgspec.json.format(msgspec.json.encode(reassignment(wider)), indent=2))
