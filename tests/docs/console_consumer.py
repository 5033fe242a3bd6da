"""What `kafka-console-consumer.sh` does with the options of docs/rehearsals.md; Kafka's scripts are not here."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser

from kafka import KafkaConsumer, TopicPartition


def main() -> None:
    """Print the value of each record of the topics whose whole name matches, a line each."""
    parser = ArgumentParser()
    parser.add_argument("--bootstrap-server", required=True)
    parser.add_argument("--include", required=True)
    parser.add_argument("--from-beginning", action="store_true", required=True)
    parser.add_argument("--timeout-ms", type=int, required=True)
    given = parser.parse_args()
    consumer = KafkaConsumer(bootstrap_servers=given.bootstrap_server)
    topics = [name for name in consumer.topics() if re.fullmatch(given.include, name)]
    places = [TopicPartition(name, each) for name in topics for each in consumer.partitions_for_topic(name)]
    consumer.assign(places)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(places)
    while any(consumer.position(place) < ends[place] for place in places):
        for records in consumer.poll(timeout_ms=given.timeout_ms).values():
            for record in records:
                sys.stdout.buffer.write(record.value + b"\n")
    consumer.close()


if __name__ == "__main__":
    main()
