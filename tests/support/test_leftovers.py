from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from tests.support.leftovers import RUN_MARK, processes_of_run

LEAVES_AN_ORPHAN = """
import subprocess

def test_careless():
    subprocess.run("setsid sleep 600 & echo $! > orphan", shell=True, check=True)
"""
TIDY = """
import subprocess

def test_tidy():
    with subprocess.Popen(["sleep", "600"]) as process:
        process.kill()
"""

pytest_plugins = ["pytester"]


def run(pytester: pytest.Pytester, tests: str, *options: str) -> subprocess.CompletedProcess[str]:
    """The tests in a process of their own: what they leave must not count as this run's."""
    pytester.makepyfile(test_example=tests)
    command = [sys.executable, "-m", "pytest", "-p", "tests.support.leftovers", *options]
    return subprocess.run(command, cwd=pytester.path, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> None:
    monkeypatch.setenv("PYTHONPATH", str(pytestconfig.rootpath))


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["one after the other", "in parallel"])
def test_a_process_left_behind_fails_the_run_and_is_ended(pytester: pytest.Pytester, options: tuple[str, ...]) -> None:
    done = run(pytester, LEAVES_AN_ORPHAN, *options)

    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "sleep 600" in done.stdout
    assert not psutil.pid_exists(int((pytester.path / "orphan").read_text()))


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["one after the other", "in parallel"])
def test_a_process_that_a_test_ends_itself_is_no_leftover(pytester: pytest.Pytester, options: tuple[str, ...]) -> None:
    assert run(pytester, TIDY, *options).returncode == pytest.ExitCode.OK


def test_a_process_without_an_environment_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of an exec its environment is empty: forced here, since the moment is too short to be met."""
    monkeypatch.setenv(RUN_MARK, "example")
    environ = psutil.Process.environ
    starting: set[int] = set()

    def empty_at_first(process: psutil.Process) -> dict[str, str]:
        is_new = process.pid not in starting
        starting.add(process.pid)
        return {} if is_new else environ(process)

    monkeypatch.setattr(psutil.Process, "environ", empty_at_first)
    with subprocess.Popen(["/bin/sleep", "600"]) as left_behind:
        found = processes_of_run("example")
        left_behind.kill()

    assert [process.pid for process in found] == [left_behind.pid]
