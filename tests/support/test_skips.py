from __future__ import annotations

import pytest

from tests.support.skips import ALLOWED_IN_CI

ONE_SKIP = """
import pytest

def test_skipped():
    pytest.skip({reason!r})

def test_done():
    pass
"""

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def outside_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "OMNITRACK_CI"):
        monkeypatch.delenv(name, raising=False)


def run(pytester: pytest.Pytester, reason: str) -> pytest.RunResult:
    pytester.makepyfile(ONE_SKIP.format(reason=reason))
    return pytester.runpytest_inprocess("-p", "tests.support.skips")


def test_a_run_names_what_it_did_not_test_and_why(pytester: pytest.Pytester) -> None:
    result = run(pytester, "no such machine here")

    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*not tested*", "no such machine here", "*::test_skipped"])


@pytest.mark.parametrize("variable", ["CI", "OMNITRACK_CI"])
def test_in_ci_an_unknown_reason_fails_the_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "true")

    result = run(pytester, "no such machine here")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["REFUSED IN CI: no such machine here"])


@pytest.mark.parametrize("reason", ALLOWED_IN_CI)
def test_in_ci_a_listed_reason_passes(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    monkeypatch.setenv("CI", "true")

    assert run(pytester, f"{reason} of ours").ret == pytest.ExitCode.OK


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["one after the other", "in parallel"])
def test_in_ci_a_whole_module_skipped_fails_the_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setenv("CI", "true")
    pytester.makepyfile(
        test_done="def test_done(): pass",
        test_absent="import pytest; pytest.importorskip('no_module_of_this_name')",
    )

    result = pytester.runpytest_inprocess("-p", "tests.support.skips", *options)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["REFUSED IN CI: could not import 'no_module_of_this_name'*"])
