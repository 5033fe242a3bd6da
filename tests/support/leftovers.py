"""No test leaves a process behind: what still lives when the run ends fails it, and is ended."""

from __future__ import annotations

import os
import time
import uuid

import psutil
import pytest

# Every process that a test starts inherits this, so that orphans are found as well.
RUN_MARK = "OMNITRACK_TEST_RUN"
# The standard library's own helper, which ends with this process.
HELPERS = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")
END_SECONDS = 3.0
# In the middle of an exec a process has an empty environment.
START_SECONDS = 3.0
LOOK_AGAIN_SECONDS = 0.01


class Leftovers:
    """Remembers after which test each process was first seen, to say at the end whose it is."""

    def __init__(self) -> None:
        self.run = uuid.uuid4().hex
        self.first_seen_after: dict[int, str] = {}
        self.found: list[str] = []
        os.environ[RUN_MARK] = self.run

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        for child in psutil.Process().children(recursive=True):
            self.first_seen_after.setdefault(child.pid, nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        living = processes_of_run(self.run)
        self.found = [self._describe(process) for process in living]
        end(living)
        if self.found and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.found:
            terminalreporter.section("processes left behind (now ended)", red=True)
            terminalreporter.line("\n".join(self.found), red=True)

    def _describe(self, process: psutil.Process) -> str:
        test = self.first_seen_after.get(process.pid, "a test unknown")
        try:
            command = " ".join(process.cmdline())[:160]
        except psutil.NoSuchProcess:
            command = "(ended meanwhile)"
        return f"{process.pid} {command}\n    first seen after {test}"


def processes_of_run(run: str) -> list[psutil.Process]:
    """The living processes, this one aside, that were started by the test run `run`, orphans included."""
    found: list[psutil.Process] = []
    unknown = [process for process in psutil.process_iter() if process.pid != os.getpid()]
    until = time.monotonic() + START_SECONDS
    while True:
        environments = {process: _environment(process) for process in unknown}
        found += [process for process, known in environments.items() if known and known.get(RUN_MARK) == run]
        unknown = [process for process, known in environments.items() if known == {}]
        if not unknown or time.monotonic() > until:
            return found
        time.sleep(LOOK_AGAIN_SECONDS)


def end(processes: list[psutil.Process]) -> None:
    """Kill these processes and wait until they are gone."""
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(processes, timeout=END_SECONDS)


def pytest_configure(config: pytest.Config) -> None:
    # Workers of a parallel run have its mark from the process that started them, which looks when all have ended.
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Leftovers(), "omnitrack-leftovers")


def _environment(process: psutil.Process) -> dict[str, str] | None:
    """That of `process`, empty while it starts; None of one that is no program, ended, or is another user's."""
    try:
        is_thread_of_the_kernel = process.memory_info().vms == 0
        if is_thread_of_the_kernel or process.status() == psutil.STATUS_ZOMBIE:
            return None
        if any(name in " ".join(process.cmdline()) for name in HELPERS):
            return None
        return process.environ()
    except psutil.Error:
        return None
