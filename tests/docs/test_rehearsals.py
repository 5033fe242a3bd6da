"""The rehearsals of docs/rehearsals.md, by its own commands: real brokers, real workers and sinks, the real engine."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from omnitrack.broker_reader import BrokerReader
from schemas.avro_schema import avro_schema
from schemas.cloudevents import Headers, binary_event, structured_event
from schemas.decode import check
from schemas.topics import BUILT_IN_CHANNELS
from schemas.touchpoint import Touchpoint
from sinks.clickhouse.settings import ClickHouseSettings
from tests.omnitrack.pipeline import NOW, Pipeline, ago
from tests.streams.test_avro import frame, written
from tests.streams.worker import touchpoint
from tests.support.brokers import Broker
from tests.support.clickhouse import fresh_database
from tests.support.page import Page
from tests.support.registry import Registry
from tests.support.tracked import ROOT

DOCUMENT = ROOT / "docs" / "rehearsals.md"
PART = re.compile(r"^##+ ([^\n]*)$|^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CATALOGUE = "horizon: 30d\nintents:\n  card_replacement:\n    inactivity: 72h\n"
DIFFERENT = 1


def blocks() -> dict[str, list[str]]:
    """The shell blocks under each heading, in order."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    heading = ""
    for title, commands in PART.findall(DOCUMENT.read_text()):
        heading = title or heading
        if commands:
            found[heading].append(commands)
    return found


BLOCKS = blocks()


def follow(
    heading: str, number: int, pipeline: Pipeline, exit_code: int = 0, copied_from: Pipeline | None = None
) -> None:
    """Run a block where the catalogue's copies are; its last command ends with `exit_code`, all others with 0.

    What it exports is left out: that is the environment of this deployment. The prefix to copy from is that of
    `copied_from`.
    """
    lines = [line for line in BLOCKS[heading][number].splitlines() if not line.startswith("export ")]
    with chdir(pipeline.folder.parent):
        for line in lines:
            code, output = run_line(with_prefix(line, copied_from), pipeline)
            assert code == (exit_code if line is lines[-1] else 0), f"{line}\n{output}"


def with_prefix(line: str, copied_from: Pipeline | None) -> str:
    if copied_from is None:
        assert "--from-prefix" not in line
        return line
    return re.sub(r"(?<=--from-prefix )\S+", copied_from.streams.topics.prefix, line)


def run_line(line: str, pipeline: Pipeline) -> tuple[int, str]:
    """Exit code and output. Our own commands run in this process: each would take two seconds to start."""
    words = shlex.split(line, comments=True)
    if words[0] != "omnitrack":
        return run_in_shell(line, pipeline)
    command, file = (words[1:-2], words[-1]) if words[-2] == ">" else (words[1:], None)
    done = pipeline.run(*command)
    if file is not None:
        Path(file).write_text(done.stdout)
    return done.exit_code, done.output


def run_in_shell(line: str, pipeline: Pipeline) -> tuple[int, str]:
    """Exit code and output."""
    done = subprocess.run(
        ["bash", "-c", line],  # noqa: S607 -- whichever bash there is
        env=os.environ | pipeline.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@contextmanager
def deployment(
    broker: Broker,
    prefix: str,
    clickhouse: ClickHouseSettings,
    folder: Path,
    settings: Mapping[str, str] | None = None,
    partitions: int = 2,
) -> Iterator[Pipeline]:
    folder.mkdir()
    running = Pipeline(broker, prefix, clickhouse, folder, settings, partitions)
    try:
        follow("Build it beside", 0, running)
        running.start_worker(CATALOGUE)
        yield running
    finally:
        running.end()


def told_to_go(number: int) -> bytes:
    referral = {"to_channel": "branch", "due_at": ago(-5)}
    promise = {"promise_id": f"call-{number}", "due_at": ago(-2)}
    return touchpoint(f"told-{number}", f"C-{number}", ago(0.5), outcome="referred", referral=referral, promise=promise)


def play_a_day(bank: Pipeline, customers: int) -> None:
    """Each asks, comes back 43 hours later and is referred to a branch, with a call promised; every other one goes."""
    numbers = range(customers)
    bank.publish(*(touchpoint(f"asks-{number}", f"C-{number}", ago(2.3)) for number in numbers))
    bank.publish(*(told_to_go(number) for number in numbers))
    visits = [touchpoint(f"goes-{number}", f"C-{number}", ago(0.4), "branch") for number in numbers[::2]]
    bank.streams.publish(visits, "branch")
    bank.drain()


def rows(pipeline: Pipeline) -> dict[str, list[Any]]:
    """Journeys, handoffs and promises without their versions, in one order."""
    tables: tuple[Any, ...] = ("journeys", "handoffs", "promises")
    return {table: sorted((replace(row, version=0) for row in pipeline.rows(table)), key=repr) for table in tables}


def partitions(pipeline: Pipeline) -> int:
    with BrokerReader(pipeline.streams.broker.bootstrap) as reader:
        return len(reader.end_offsets([pipeline.streams.topics.customer]))


def restart_worker(bank: Pipeline) -> None:
    """By the catalogue that is in place; until a worker knows how far the stream is, it refuses histories."""
    page = Page()
    bank.settings["OMNITRACK_METRICS_PORT"] = str(page.port)
    bank.start_worker(bank.catalogue.read_text())
    assert bank.worker is not None
    bank.streams.settled(page, bank.worker)


def refused_histories(pipeline: Pipeline) -> int:
    done = pipeline.restitch("--all", "--apply", "--catalogue", str(pipeline.folder.parent / "new.yaml"), exit_code=1)
    return int(done["applied"]["differ"])


def test_a_shorter_inactivity_is_compared_applied_and_taken_back(
    embedded_broker: Broker, topic_prefix: str, empty_clickhouse: ClickHouseSettings, tmp_path: Path
) -> None:
    with deployment(embedded_broker, topic_prefix, empty_clickhouse, tmp_path / "bank") as bank:
        play_a_day(bank, 5)
        before = rows(bank)
        follow("Prepare it", 0, bank)
        follow("See what it would change", 0, bank, exit_code=DIFFERENT)
        difference = json.loads((tmp_path / "difference.json").read_text())
        journeys = next(table for table in difference["tables"] if table["table"] == "journeys")
        assert (difference["differing"], journeys["changed"], journeys["new"]) == (5, 5, 5)
        assert refused_histories(bank) == 5
        assert rows(bank) == before, "neither comparing nor applying too early changes a row"
        follow("Roll it out", 0, bank)
        restart_worker(bank)
        follow("Apply and verify", 0, bank)
        assert len(rows(bank)["journeys"]) == 2 * len(before["journeys"])
        follow("Go back", 0, bank)
        restart_worker(bank)
        follow("Go back", 1, bank)
        assert rows(bank) == before


def test_four_partitions_hold_what_two_held_through_the_swap_and_back(
    embedded_broker: Broker,
    registry: Registry,
    topic_prefix: str,
    empty_clickhouse: ClickHouseSettings,
    clickhouse_url: str,
    tmp_path: Path,
) -> None:
    known = {"OMNITRACK_SCHEMA_REGISTRY": registry.url}
    with (
        fresh_database(clickhouse_url) as beside,
        deployment(embedded_broker, topic_prefix, empty_clickhouse, tmp_path / "old", known) as old,
        deployment(embedded_broker, f"four-{topic_prefix}", beside, tmp_path / "new", known, partitions=4) as new,
    ):
        assert (partitions(old), partitions(new)) == (2, 4)
        play_a_day(old, 6)
        old.streams.send_with_headers("wechat", in_all_forms(1, registry))
        old.drain()
        follow("Copy the history", 0, new, copied_from=old)
        compare(old, new, journeys=6 + 4)
        old.streams.send_with_headers("wechat", in_all_forms(2, registry))
        new.streams.send_with_headers("wechat", in_all_forms(3, registry))
        follow("Swap", 0, new, copied_from=old)
        assert len(new.rows("journeys")) == 6 + 3 * 4
        old.streams.send_with_headers("wechat", in_all_forms(4, registry))
        follow("Swap back", 0, old, copied_from=new)
        follow("Swap", 0, new, copied_from=old)
        compare(old, new, journeys=6 + 4 * 4)
        assert len(old.rows("dead_letters")) == len(new.rows("dead_letters")) == 4
        assert old.rows("duplicates") == new.rows("duplicates") == [], "nothing was copied twice"


def compare(old: Pipeline, new: Pipeline, journeys: int) -> None:
    follow("Compare", 0, old)
    follow("Compare", 1, new)
    assert rows(new) == rows(old)
    assert len(rows(new)["journeys"]) == journeys


def in_all_forms(number: int, registry: Registry) -> list[tuple[bytes, Headers]]:
    """Values and headers of a touchpoint each as plain JSON, as CloudEvents and as Avro, and of a broken record."""
    plain, structured, binary, avro = (
        touchpoint(f"{form}-{number}", f"{form}-{number}", ago(0.1 * number))
        for form in ("plain", "structured", "binary", "avro")
    )
    return [
        (plain, ()),
        structured_event(checked(structured), structured)[::-1],
        binary_event(checked(binary), binary)[::-1],
        (frame(written(json.loads(avro)), schema_id=registry.register("touchpoint", avro_schema())), ()),
        (b'{"broken": true}', ()),
    ]


def checked(record: bytes) -> Touchpoint:
    found = check(record, BUILT_IN_CHANNELS, int(NOW.timestamp() * 1000))
    assert isinstance(found, Touchpoint)
    return found
