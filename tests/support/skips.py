"""No silent skips: the run ends with what was not tested and why, and CI accepts only known reasons."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import pytest

from tests.support.ci import in_ci

ALLOWED_IN_CI = (
    "durable: the embedded broker keeps everything in memory",
    "no Docker engine",
    "no clickhouse-client",
    "no Go toolchain",
)


def is_allowed(reason: str) -> bool:
    """Whether CI accepts a test that was skipped for this reason."""
    return reason.startswith(ALLOWED_IN_CI)


@dataclass(slots=True, eq=False)
class SkipReport:
    """The skips of one run by reason, and whether they are acceptable."""

    strict: bool
    skipped: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self.skipped[_reason(report)].append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped[_reason(report)].append(report.nodeid)

    @property
    def refused(self) -> list[str]:
        """Reasons that fail the run: in CI, those that are not on the list."""
        return [reason for reason in self.skipped if not is_allowed(reason)] if self.strict else []

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self.refused and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.skipped:
            return
        terminalreporter.section("not tested")
        for reason, tests in sorted(self.skipped.items()):
            refused = "REFUSED IN CI: " if reason in self.refused else ""
            terminalreporter.line(f"{refused}{reason}", red=bool(refused))
            for test in tests:
                terminalreporter.line(f"    {test}")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SkipReport(strict=in_ci()), "omnitrack-skips")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The words of the skip, or of an expected failure, which is not tested either."""
    if hasattr(report, "wasxfail"):
        return f"expected to fail: {report.wasxfail}"
    where_and_why = report.longrepr
    text = where_and_why[2] if isinstance(where_and_why, tuple) else str(where_and_why)
    return text.removeprefix("Skipped: ")
