"""A version that is not ready is not published, and its releaser is told why. `make release` runs the rest."""

from __future__ import annotations

from datetime import date

import pytest

from tests.release.checks import (
    changelog_problem,
    core_problem,
    licence_problem,
    notice_problem,
    tag_problem,
    tree_problem,
    version_problem,
)

TODAY = date(2026, 11, 25)
READY = """# Changelog

## [Unreleased]

## [0.2.0] - 2026-11-25

### Added

- Something.

## [0.1.0] - 2026-10-01

- The first.
"""


@pytest.mark.parametrize("version", ["0.1.0", "1.0.0", "2.10.33"])
def test_a_version_of_three_numbers_is_fine(version: str) -> None:
    assert version_problem(version) is None


@pytest.mark.parametrize("version", ["1.0", "01.0.0", "1.0.0rc1", "v1.0.0", "1.0.0.dev3"])
def test_any_other_version_is_not(version: str) -> None:
    problem = version_problem(version)
    assert problem is not None
    assert version in problem


def test_a_changelog_with_its_section_on_top_is_ready() -> None:
    assert changelog_problem(READY, "0.2.0", TODAY) is None
    assert changelog_problem(READY.replace("## [Unreleased]\n", ""), "0.2.0", TODAY) is None


@pytest.mark.parametrize(
    ("changelog", "version", "told"),
    [
        (READY, "0.3.0", "the top version is [0.2.0], pyproject.toml says 0.3.0"),
        ("# Changelog\n", "0.1.0", "the top version is none"),
        (READY.replace("[Unreleased]\n", "[Unreleased]\n\n- New.\n"), "0.2.0", "entries are below [Unreleased]"),
        ("## [Unreleased]\n\n- All.\n", "0.1.0", "move them below ## [0.1.0] - 2026-11-25"),
        (READY.replace(" - 2026-11-25", ""), "0.2.0", "[0.2.0] has no date"),
        (READY.replace("2026-11-25", "25/11/2026"), "0.2.0", "[0.2.0] has no date"),
        (READY.replace("2026-11-25", "2026-11-26"), "0.2.0", "still to come"),
        (READY.replace("### Added\n\n- Something.\n", ""), "0.2.0", "[0.2.0] says nothing"),
    ],
)
def test_any_other_changelog_is_not(changelog: str, version: str, told: str) -> None:
    problem = changelog_problem(changelog, version, TODAY)
    assert problem is not None
    assert told in problem


def test_a_new_greatest_version_may_be_tagged() -> None:
    assert tag_problem("0.1.0", []) is None
    assert tag_problem("0.10.0", ["v0.2.0", "v0.9.1", "nightly", "9.9.9"]) is None


@pytest.mark.parametrize(
    ("version", "told"), [("0.9.1", "v0.9.1 is tagged already"), ("0.2.1", "less than v0.9.1, which is tagged")]
)
def test_a_version_is_published_once_and_never_after_a_greater_one(version: str, told: str) -> None:
    problem = tag_problem(version, ["v0.2.0", "v0.9.1"])
    assert problem is not None
    assert told in problem


def test_a_wheel_without_the_compiled_core_is_not_published() -> None:
    both = ["streams/__init__.py", "streams/_core.abi3.so", "streams/_core.pyi", "sinks/_core.abi3.so"]
    assert core_problem(both) is None
    assert "install cargo" in (core_problem(["streams/__init__.py", "streams/_core.pyi", "sinks/_core.abi3.so"]) or "")
    assert "install cargo" in (core_problem(both[:-1]) or "")


@pytest.mark.parametrize("licence", ["GPL-3.0-only", "MIT OR AGPL-3.0-or-later", ""])
def test_nor_one_with_a_crate_of_strong_copyleft_or_without_a_licence(licence: str) -> None:
    assert licence_problem({"one": "MIT OR Apache-2.0", "other": "BSL-1.0"}) is None
    assert "other (" in (licence_problem({"one": "MIT", "other": licence}) or "")


def test_a_crate_under_another_licence_than_ours_is_named_in_the_notices() -> None:
    licences = {"itoa": "MIT OR Apache-2.0", "omnitrack-core": "Apache-2.0", "lz4_flex": "MIT"}
    assert notice_problem(licences, "* lz4_flex: Copyright") is None
    assert notice_problem(licences, "") == "docs/notices.md: name the authors of lz4_flex, and the licence"


def test_each_file_that_is_not_committed_is_named() -> None:
    assert tree_problem("", "commit") is None
    assert tree_problem(" M README.md\n?? new.py\n", "commit") == "commit: README.md, new.py"
