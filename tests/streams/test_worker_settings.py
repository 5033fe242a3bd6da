"""What a worker is made of: who it is, from the settings, and how much it takes."""

from __future__ import annotations

import subprocess
import sys

from streams.batching import Bounds, WorkerSettings, create_app
from streams.settings import StreamSettings
from streams.worker import worker_of


def test_the_settings_say_who_a_worker_is() -> None:
    settings = StreamSettings(
        kafka="a:1", topic_prefix="bank.", session_timeout=6, group_instance="w-1", metrics_port=9100, core="python"
    )
    page = ("127.0.0.1", 9100)
    assert worker_of(settings, "sink") == WorkerSettings("bank-sink", "a:1", 6.0, "w-1", page, compiled=False)


def test_an_app_goes_by_what_it_is_given() -> None:
    worker = WorkerSettings("bank-sink", "a:1,b:2", session_timeout=6, group_instance="w-1", compiled=False)
    app = create_app(worker, bounds=Bounds(max_records=7, fetch_bytes=1 << 20, retry_seconds=30))
    assert (app.conf.id, app.conf.consumer_group_instance_id, app.compiled) == ("bank-sink", "w-1", False)
    assert [str(url) for url in app.conf.broker] == ["kafka://a:1", "kafka://b:2"]
    assert (app.conf.broker_session_timeout, app.conf.broker_rebalance_timeout) == (6, 45)
    assert (app.conf.broker_max_poll_records, app.conf.consumer_max_fetch_size) == (7, 1 << 20)
    assert app.records_at_once("any") == 7


def test_whoever_reads_settings_does_without_faust() -> None:
    """Commands do, which are to begin at once."""
    code = "import sys, streams.settings, omnitrack.settings; sys.exit('faust' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
