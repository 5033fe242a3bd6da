"""No test leaves a process behind: what still lives when the run ends fails it, and is ended."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import psutil
import pytest

# Every process that a test starts inherits this, so that orphans are found as well.
RUN_MARK = "OMNITRACK_TEST_RUN"
# The standard library's own helper, which ends with this process.
HELPERS = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")
END_SECONDS = 3.0


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
        living = list(processes_of_run(self.run))
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
        with process.oneshot():
            return f"{process.pid} {' '.join(process.cmdline())[:160]}\n    first seen after {test}"


def processes_of_run(run: str) -> Iterator[psutil.Process]:
    """The living processes, this one aside, that were started by the test run `run`, orphans included."""
    for process in psutil.process_iter():
        try:
            is_ours = process.pid != os.getpid() and process.environ().get(RUN_MARK) == run
            if is_ours and process.status() != psutil.STATUS_ZOMBIE and not _is_helper(process):
                yield process
        except psutil.Error:
            continue  # it ended meanwhile, or belongs to another user


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


def _is_helper(process: psutil.Process) -> bool:
    return any(helper in " ".join(process.cmdline()) for helper in HELPERS)
