"""`omnitrack publish` as an operator runs it: real processes, a real broker."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from omnitrack.cli import app
from omnitrack.ports import free_port
from schemas.topics import Topics
from tests.sources.touchpoints import make_topics, records_on, touchpoint
from tests.support.brokers import Broker

PUBLISH = (sys.executable, "-m", "omnitrack", "publish")
PATIENCE = 60.0


def json_line(number: int) -> bytes:
    return json.dumps(touchpoint(str(number))).encode()


def environment(prefix: str = "omnitrack.") -> dict[str, str]:
    return {"OMNITRACK_TOPIC_PREFIX": prefix, "OMNITRACK_DATA_DIR": "nowhere"}


def publish(*arguments: str | Path, prefix: str = "omnitrack.") -> Result:
    # None takes a variable out, whatever this run's own environment says.
    clean: dict[str, str | None] = {name: None for name in os.environ if name.startswith("OMNITRACK_")}
    command = ["publish", *map(str, arguments)]
    return CliRunner().invoke(app, command, env=clean | environment(prefix))


@pytest.fixture
def mobile_app(embedded_broker: Broker, topic_prefix: str) -> str:
    """The topic of the mobile app; its prefix is the test's."""
    topic = Topics(topic_prefix).touchpoints("mobile_app")
    make_topics(embedded_broker.bootstrap, [topic])
    return topic


def test_a_file_is_published_and_accounted_for(
    tmp_path: Path, embedded_broker: Broker, mobile_app: str, topic_prefix: str
) -> None:
    bad = b'{"channel": "mobile_app"}'
    file, refused = tmp_path / "touchpoints.jsonl", tmp_path / "refused"
    file.write_bytes(b"\n".join([json_line(1), bad, b"", b"\x00\xff junk", json_line(2)]) + b"\n")
    done = publish("--kafka", embedded_broker.bootstrap, "--refused", refused, file, prefix=topic_prefix)
    output = done.stdout
    assert done.exit_code == 1, done.stderr
    assert output.splitlines()[:3] == ["lines read: 5", "used: 2", "no touchpoint: 1"]
    assert "refused: 2" in output
    assert f"schema: {file}:2: schema_version: " in output
    assert f"not_json: {file}:4: " in output
    assert "touchpoints published, each acknowledged by Kafka: 2 in" in output
    assert refused.read_bytes() == bad + b"\n\x00\xff junk\n"
    arrived = records_on(embedded_broker.bootstrap, mobile_app)
    assert [value for one in arrived.values() for _, value in one] == [json_line(1), json_line(2)]


def test_standard_input_is_published(embedded_broker: Broker, mobile_app: str, topic_prefix: str) -> None:
    lines = gzip.compress(b"\n".join(map(json_line, range(50))))
    with running("--kafka", embedded_broker.bootstrap, "-", prefix=topic_prefix) as process:
        output, errors = process.communicate(lines, timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert b"acknowledged by Kafka: 50 in" in output
    assert sum(map(len, records_on(embedded_broker.bootstrap, mobile_app).values())) == 50


def test_ctrl_c_delivers_what_was_sent_and_tells_how_much(
    tmp_path: Path, embedded_broker: Broker, mobile_app: str, topic_prefix: str
) -> None:
    file = tmp_path / "touchpoints.jsonl"
    file.write_bytes(b"\n".join(map(json_line, range(5_000))))
    with running("--rate", "50", "--kafka", embedded_broker.bootstrap, str(file), prefix=topic_prefix) as process:
        await_records(embedded_broker, mobile_app)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, errors
    arrived = sum(map(len, records_on(embedded_broker.bootstrap, mobile_app).values()))
    assert 0 < arrived < 5_000
    assert f"interrupted; touchpoints published, each acknowledged by Kafka: {arrived:,} in" in output.decode()
    assert b"Traceback" not in errors


def test_ctrl_c_ends_the_wait_for_more_input(embedded_broker: Broker, mobile_app: str, topic_prefix: str) -> None:
    with running("--kafka", embedded_broker.bootstrap, "-", prefix=topic_prefix) as process:
        assert process.stdin is not None
        process.stdin.write(json_line(1) + b"\n")
        process.stdin.flush()
        await_records(embedded_broker, mobile_app)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=PATIENCE)
        assert process.stdout is not None
        assert b"interrupted; touchpoints published, each acknowledged by Kafka: 1 in" in process.stdout.read()
    assert process.returncode == 130


def test_a_dry_run_judges_and_sends_nothing(tmp_path: Path) -> None:
    file = tmp_path / "touchpoints.json"
    file.write_text(json.dumps({"touchpoints": [touchpoint("1"), touchpoint("2")]}, indent=1))
    done = publish("--dry-run", "--kafka", f"127.0.0.1:{free_port()}", file)
    assert done.exit_code == 0, done.stderr
    assert "touchpoints that would be published: 2 in" in done.stdout


def test_the_catalogue_says_which_channels_there_are(tmp_path: Path) -> None:
    file, catalogue = tmp_path / "letter.json", tmp_path / "catalogue.yaml"
    file.write_text(json.dumps(touchpoint(channel="mail", details={})))
    catalogue.write_text("channels: [mail]\n")
    assert publish("--dry-run", file).exit_code == 1
    assert publish("--dry-run", "--catalogue", catalogue, file).exit_code == 0
    catalogue.write_text("channels: [Mail]\n")
    wrong = publish("--dry-run", "--catalogue", catalogue, file)
    assert wrong.exit_code == 2
    assert f"{catalogue}:1: " in wrong.stderr


def test_what_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    file = tmp_path / "touchpoints.jsonl"
    file.write_bytes(json_line(1))
    away = f"127.0.0.1:{free_port()}"
    cases: list[tuple[list[str | Path], str]] = [
        (["--dry-run", tmp_path / "absent"], "absent: no such file"),
        (["--dry-run", file, tmp_path], "is a directory"),
        (["--dry-run", "--refused", tmp_path / "no" / "where", file], "No such file or directory"),
        (["--kafka", away, file], f"Kafka at {away}: "),
    ]
    for arguments, told in cases:
        done = publish(*arguments)
        assert done.exit_code == 2
        assert done.stdout == ""
        errors = done.stderr
        assert told in errors
        assert len(errors.splitlines()) == 1


def test_a_file_that_breaks_off_is_published_so_far_and_told(
    tmp_path: Path, embedded_broker: Broker, mobile_app: str, topic_prefix: str
) -> None:
    file = tmp_path / "cut.jsonl.gz"
    file.write_bytes(gzip.compress(b"\n".join(map(json_line, range(3_000))))[:-30])
    done = publish("--kafka", embedded_broker.bootstrap, file, prefix=topic_prefix)
    assert done.exit_code == 2
    assert "cannot be read further" in done.stderr
    arrived = sum(map(len, records_on(embedded_broker.bootstrap, mobile_app).values()))
    assert arrived > 0
    assert f"acknowledged by Kafka: {arrived:,} in" in done.stdout


def test_not_on_a_terminal_nothing_is_coloured(tmp_path: Path) -> None:
    file = tmp_path / "junk"
    file.write_bytes(b"junk\n")
    done = publish("--dry-run", file)
    assert done.exit_code == 1
    assert "\x1b" not in done.stdout + done.stderr


def test_a_log_of_another_bank_is_published_by_its_format(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text(
        "case_id,activity,lifecycle,timestamp\n1,A_SUBMITTED,COMPLETE,2011-10-03T09:00:00+02:00\nnonsense\n"
    )
    done = publish("--dry-run", "--format", "bpi2012", file)
    assert done.exit_code == 1
    output = done.stdout
    assert "used: 1" in output
    assert "  header: 1" in output
    assert f"format: {file}:3: line: has 1 fields" in output


@contextmanager
def running(*arguments: str, prefix: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command at work; it does not outlive the block."""
    pipe = subprocess.PIPE
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OMNITRACK_")}
    process = subprocess.Popen(
        [*PUBLISH, *arguments], stdin=pipe, stdout=pipe, stderr=pipe, env=inherited | environment(prefix)
    )
    try:
        with process:
            yield process
    finally:
        process.kill()


def await_records(broker: Broker, topic: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not any(records_on(broker.bootstrap, topic).values()):
        assert time.monotonic() < deadline, "nothing was published"
        time.sleep(0.1)
