"""What a worker tells of itself: its meters, whether it lives, and whether it is ready."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from omnitrack.ports import LOOPBACK, free_port
from schemas.topics import Topics
from tests.streams.worker import LONG_SESSION, Deployment, eventually, touchpoint
from tests.support.brokers import Broker
from tests.support.child import Child
from tests.support.debian import require_program
from tests.support.page import Page
from tests.support.prometheus import Prometheus

NOW = datetime.now(UTC).isoformat()
PUBLISHED = 40


@pytest.fixture(scope="module")
def page() -> Page:
    return Page()


@pytest.fixture(scope="module")
def worker(embedded_broker: Broker, page: Page, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A worker that has stitched what was published, one record of it broken."""
    folder = tmp_path_factory.mktemp("page")
    settings = {"OMNITRACK_METRICS_PORT": str(page.port), "OMNITRACK_LOG_LEVEL": "DEBUG"} | LONG_SESSION
    deployment = Deployment(embedded_broker, Topics("test-page."), folder, settings=settings)
    with deployment.worker() as child:
        eventually("alive", lambda: page.get("/health") == (200, "alive\n"), child)
        eventually("ready", lambda: page.get("/ready") == (200, "ready\n"), child)
        published = deployment.publish(
            [*(touchpoint(f"e{number}", f"c{number % 9}", NOW) for number in range(PUBLISHED - 1)), b"broken"]
        )
        deployment.done(published, child)
        yield deployment


@pytest.mark.usefixtures("worker")
def test_every_stage_counts_what_it_took_in_and_sent(page: Page) -> None:
    assert sum(page.samples("omnitrack_records_in_total", stage="ingest")) == PUBLISHED
    assert sum(page.samples("omnitrack_records_in_total", stage="stitch")) >= PUBLISHED - 1
    assert sum(page.samples("omnitrack_records_out_total", topic="test-page.dead")) == 1
    assert sum(page.samples("omnitrack_batch_records_sum", stage="ingest")) == PUBLISHED
    assert all(page.samples("omnitrack_batch_seconds_count", stage=stage)[0] for stage in ("ingest", "stitch"))


@pytest.mark.usefixtures("worker")
def test_each_step_of_the_checkpoint_is_timed(page: Page) -> None:
    for step in ("confirm", "publish", "write_state"):
        [count] = page.samples("omnitrack_checkpoint_step_seconds_count", stage="stitch", step=step)
        assert count > 0


def test_lag_states_and_the_clock_are_those_of_the_moment(page: Page, worker: Deployment) -> None:
    eventually("no lag", lambda: set(page.samples("omnitrack_partition_lag")) == {0.0})
    committed = page.samples("omnitrack_partition_committed_offset", topic=worker.topics.touchpoints("wechat"))
    assert sum(committed) == PUBLISHED
    assert sum(page.samples("omnitrack_state_keys", table="state")) >= 9
    assert sum(page.samples("omnitrack_state_bytes", table="state")) > 0
    eventually("W is known", lambda: len(page.samples("omnitrack_clock_lag_seconds")) == 2)
    assert max(page.samples("omnitrack_clock_lag_seconds")) < 60


@pytest.mark.usefixtures("worker")
def test_prometheus_finds_no_fault_with_the_meters(page: Page) -> None:
    checked = subprocess.run(
        [require_program("promtool"), "check", "metrics"],
        input=page.get("/metrics")[1],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_batch_is_one_line_at_debug(worker: Deployment) -> None:
    lines = (worker.folder / "worker-1.log").read_text().splitlines()
    ingested = [line for line in lines if "batch done" in line and "stage=ingest" in line]
    assert 1 <= len(ingested) <= PUBLISHED / 2
    assert not any("e17" in line for line in lines)


def is_told(prometheus: Prometheus, asked: str, value: float) -> bool:
    return prometheus.values(asked) == [value]


def test_the_real_prometheus_scrapes_a_worker_as_configured_in_deploy(page: Page, tmp_path: Path) -> None:
    with Prometheus.started(tmp_path, {"worker-1": f"{LOOPBACK}:{page.port}"}) as prometheus:
        # Each for itself: a scrape that takes longer than its second is one without values.
        for asked, value in {
            "up": 1.0,
            'omnitrack_ready{process="worker-1", job="omnitrack"}': 1.0,
            'sum(omnitrack_records_in_total{stage="ingest"})': PUBLISHED,
        }.items():
            eventually(asked, partial(is_told, prometheus, asked, value), prometheus.child)
        eventually("rules evaluated", lambda: prometheus.rules_failing() == [], prometheus.child)


def test_a_worker_without_a_broker_lives_and_is_not_ready(tmp_path: Path) -> None:
    page = Page()
    nobody = Broker("nobody", f"{LOOPBACK}:{free_port()}", durable=False)
    settings = {"OMNITRACK_METRICS_PORT": str(page.port)}
    with Deployment(nobody, Topics("test-alone."), tmp_path, settings=settings).worker() as child:
        eventually("alive", lambda: page.get("/health")[0] == 200, child)
        assert page.get("/ready") == (503, "not ready: starting\n")
        assert page.samples("omnitrack_ready") == [0.0]


def test_a_busy_port_ends_the_worker_with_a_line_that_says_so(
    page: Page, worker: Deployment, embedded_broker: Broker, tmp_path: Path
) -> None:
    second = Deployment(embedded_broker, worker.topics, tmp_path, settings=worker.settings)
    child: Child = second.start_worker()
    try:
        assert child.process.wait(60) != 0
    finally:
        child.kill()
    assert f"nothing can listen on {LOOPBACK}:{page.port}" in child.log.read_text()
