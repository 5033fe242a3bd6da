"""All that a process writes is kept in its file; its warnings and errors, whole, reach the terminal under its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitrack.child_log import AlarmFilter, ChildLog

FAUST_LOG = """\
[2026-11-24 09:00:00,000] [17] [INFO] [^Worker]: Starting...
[2026-11-24 09:00:01,000] [17] [ERROR] [^Worker]: Crashed
Traceback (most recent call last):
  File "worker.py", line 1, in <module>
ValueError: no
[2026-11-24 09:00:02,000] [17] [INFO] [^Worker]: Stopping...
[2026-11-24 09:00:03,000] [17] [WARNING] Slow
{"level": "info", "event": "done"}
{"level": "error", "event": "not done"}"""


def write_through(log: ChildLog, text: bytes) -> None:
    output = log.path.with_name("output")
    output.write_bytes(text)
    log.follow(output.open("rb")).join()
    output.unlink()


def test_warnings_and_errors_are_told_with_the_lines_that_belong_to_them() -> None:
    alarms = AlarmFilter()
    wanted = [line for line in FAUST_LOG.splitlines() if alarms.wants(line)]
    assert wanted == [line for n, line in enumerate(FAUST_LOG.splitlines()) if n in (1, 2, 3, 4, 6, 8)]


@pytest.mark.parametrize(
    "line",
    [
        "information about WARNINGS",
        "[2026] [INFO] no errors",
        "listening on 9092",
        "[2026-11-26 03:38:00,322] [17] [WARNING] 2026-11-26 03:38:00 [info     ] stitching   core=python",
        "[2026-11-26 03:41:02,794] [17] [WARNING] Timer streams.app.tick is overlapping (interval=1.0 runtime=2.0)",
    ],
)
def test_an_ordinary_line_stays_off_the_terminal(line: str) -> None:
    assert not AlarmFilter().wants(line)


def test_the_file_gets_every_line_and_the_terminal_the_alarming_ones(tmp_path: Path) -> None:
    said: list[str] = []
    log = ChildLog("worker-1", tmp_path / "worker-1.log", said.append)
    write_through(log, b"\x1b[32mstarted\x1b[0m\nERROR: odd byte \xff\nno newline")
    log.close()
    assert log.path.read_text() == "started\nERROR: odd byte \ufffd\nno newline\n"
    assert said == ["worker-1: ERROR: odd byte \ufffd", "worker-1: no newline"]
    assert log.tail()[-1] == "no newline"


def test_a_long_log_is_rotated_and_the_oldest_part_thrown_away(tmp_path: Path) -> None:
    log = ChildLog("worker-1", tmp_path / "worker-1.log", lambda line: None)
    for _ in range(5):
        write_through(log, b"x" * 4_999_000 + b"\n")
    log.close()
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["worker-1.log", "worker-1.log.1", "worker-1.log.2", "worker-1.log.3"]
