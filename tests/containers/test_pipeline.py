"""From touchpoint to metric on a real Kafka and a real ClickHouse server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sinks.clickhouse.client import connected
from sinks.clickhouse.metrics import Question, ask, find_metric
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.settings import ClickHouseSettings
from tests.containers.servers import Servers
from tests.omnitrack.pipeline import UNLIMITED, Pipeline, ago
from tests.streams.worker import touchpoint

CUSTOMERS = [f"C-{number}" for number in range(50)]


def a_day_of(customer: str) -> list[bytes]:
    """A referral from one channel to another, kept by some and not by others; and a record that breaks the contract."""
    referral = {"to_channel": "branch", "due_at": ago(-1)}
    asked = touchpoint(f"asked-{customer}", customer, ago(2), outcome="referred", referral=referral)
    came = touchpoint(f"came-{customer}", customer, ago(1.5), channel="wechat", outcome="succeeded")
    return [asked, came, came, b"no touchpoint"] if int(customer[2:]) % 3 else [asked]


@pytest.mark.timeout(600)
def test_rows_are_the_pure_function_of_what_was_sent_and_every_record_has_one_fate(
    servers: Servers, database: ClickHouseSettings, topic_prefix: str, tmp_path: Path
) -> None:
    migrate(database)
    pipeline = Pipeline(servers.broker, topic_prefix, database, tmp_path)
    try:
        pipeline.start_worker(UNLIMITED)
        records = [record for customer in CUSTOMERS for record in a_day_of(customer)]
        pipeline.publish(*records)
        pipeline.drain()

        assert pipeline.differs() == []
        assert len(pipeline.rows("touchpoints")) == len(set(records)) - 1
        audit = pipeline.run("audit")
        assert audit.exit_code == 0, audit.output
        with connected(database) as client:
            today = datetime.now(UTC)
            answer = ask(
                client, find_metric("journeys"), Question(today - timedelta(days=7), today + timedelta(days=1))
            )
        assert answer.rows
    finally:
        pipeline.end()
