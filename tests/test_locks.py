"""The lock files say what pyproject.toml says (`make lock` renews them), and Cargo.lock what Cargo.toml says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS = PROJECT["dependency-groups"]
DIRECT = [*PROJECT["project"]["dependencies"], *GROUPS["build"]]
EXTRAS = [pin for extra in PROJECT["project"]["optional-dependencies"].values() for pin in extra]
TESTED_WITH = [*DIRECT, *EXTRAS, *(entry for entry in GROUPS["dev"] if isinstance(entry, str))]
CRATES = [ROOT / "streams/core", ROOT / "sinks/core"]
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def locked(name: str) -> set[tuple[str, str]]:
    """The (package, version) pairs of a lock file; a package may have several, for different Pythons."""
    return {(canonicalize_name(package), version) for package, version in LOCKED.findall((ROOT / name).read_text())}


def locked_crates(crate: Path) -> list[dict[str, str]]:
    packages: list[dict[str, str]] = tomllib.loads((crate / "Cargo.lock").read_text())["package"]
    return packages


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [("requirements.lock", DIRECT), ("requirements-dev.lock", TESTED_WITH)],
)
def test_a_lock_holds_the_pinned_version_of_everything_used_directly(lock: str, wanted: list[str]) -> None:
    pins = {
        (canonicalize_name(requirement.name), str(requirement.specifier).removeprefix("=="))
        for requirement in map(Requirement, wanted)
    }

    assert pins - locked(lock) == set()


def test_what_is_tested_is_what_runs() -> None:
    assert locked("requirements.lock") - locked("requirements-dev.lock") == set()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_hashes(lock: str) -> None:
    packages = re.split(LOCKED.pattern, (ROOT / lock).read_text(), flags=re.MULTILINE)[3::3]

    assert packages
    assert all("--hash=sha256:" in package for package in packages)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_no_index(lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text()


@pytest.mark.parametrize("crate", CRATES, ids=str)
def test_the_crates_used_directly_are_pinned_and_locked(crate: Path) -> None:
    wanted = tomllib.loads((crate / "Cargo.toml").read_text())["dependencies"]
    pins = {(name, pin if isinstance(pin, str) else pin["version"]) for name, pin in wanted.items()}
    # Behind a `+` a version may tell what library is within: no requirement names that.
    found = {(package["name"], f"={package['version'].partition('+')[0]}") for package in locked_crates(crate)}
    assert pins - found == set()


@pytest.mark.parametrize("crate", CRATES, ids=str)
def test_every_locked_crate_has_a_checksum(crate: Path) -> None:
    own = tomllib.loads((crate / "Cargo.toml").read_text())["package"]["name"]
    assert [package["name"] for package in locked_crates(crate) if "checksum" not in package] == [own]
