from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

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
    return subprocess.run(command, cwd=pytester.path, capture_output=True, text=True, timeout=30, check=False)


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
