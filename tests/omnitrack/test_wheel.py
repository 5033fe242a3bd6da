"""What is published holds all it needs, and works where the repository is not; test_demo.py runs the whole of it."""

from __future__ import annotations

import re
import shutil
import sys
import tarfile
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest

from omnitrack.example import EXAMPLE_CATALOGUE
from tests.docs.markdown import links_of
from tests.support.tracked import ROOT
from tests.support.wheel import Installed, check_distributions, install

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PACKAGES = ("schemas", "sources", "streams", "sinks", "explorer", "omnitrack")
CRATES = ("streams/core/", "sinks/core/")
COMPILED = {"streams/_core.abi3.so", "sinks/_core.abi3.so"}
needs_cargo = pytest.mark.skipif(shutil.which("cargo") is None, reason="no cargo: install Rust 1.88 or newer")


def files_of_packages() -> set[str]:
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file())
    names = {str(path.relative_to(ROOT)) for path in found if "__pycache__" not in path.parts}
    return {name for name in names if not name.startswith(CRATES) and not name.endswith(".so")}


def files_of_crates() -> set[str]:
    crates = [ROOT / crate for crate in CRATES]
    found = [
        path for crate in crates for path in (crate / "Cargo.toml", crate / "Cargo.lock", *crate.glob("src/**/*.rs"))
    ]
    return {str(path.relative_to(ROOT)) for path in found}


def of_packages(names: Iterable[str]) -> set[str]:
    return {name for name in names if name.split("/")[0] in PACKAGES}


def test_the_wheel_holds_every_file_of_the_packages_and_no_other(installed: Installed) -> None:
    with ZipFile(installed.wheel) as wheel:
        names = wheel.namelist()
    assert of_packages(names) - COMPILED == files_of_packages()
    others = {name.split("/")[0] for name in names} - {*PACKAGES}
    assert others == {f"omnitrack-{PROJECT['version']}.dist-info"}


def test_what_a_package_index_shows_is_the_readme_without_links_to_files_that_are_not_there(
    installed: Installed,
) -> None:
    with ZipFile(installed.wheel) as wheel:
        metadata = wheel.read(f"omnitrack-{PROJECT['version']}.dist-info/METADATA").decode()
    _, _, shown = metadata.partition("\n\n")
    assert all(link.startswith("https://") for link in links_of(shown))
    readme = re.sub(r"!\[[^]]*\]\([^)]+\)\n+", "", (ROOT / "README.md").read_text())
    words, readme = (re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text) for text in (shown, readme))
    assert words.strip() == readme.strip()


def test_the_source_distribution_holds_them_too_and_what_the_wheel_is_built_with(installed: Installed) -> None:
    with tarfile.open(installed.sdist) as sdist:
        names = {member.name.partition("/")[2] for member in sdist if member.isfile()}
    assert of_packages(names) == files_of_packages() | files_of_crates()
    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "requirements.lock"} <= names
    assert not any(name.startswith("tests/") for name in names)


def test_the_package_index_would_take_both(installed: Installed) -> None:
    checked = check_distributions([installed.sdist, installed.wheel])
    assert checked.returncode == 0, checked.stdout + checked.stderr


@needs_cargo
def test_the_wheel_has_the_compiled_cores_for_every_python_of_a_platform(installed: Installed, tmp_path: Path) -> None:
    assert "-cp311-abi3-" in installed.wheel.name
    for compiled in COMPILED:
        module = compiled.partition(".")[0].replace("/", ".")
        imported = installed.python(tmp_path, f"import {module}; print({module}.__file__)")
        assert imported.stdout.strip().endswith(compiled), imported.stderr


def test_without_cargo_it_installs_and_runs_without_the_compiled_cores(installed: Installed, tmp_path: Path) -> None:
    path = str(Path(sys.executable).parent)
    assert shutil.which("cargo", path=path) is None
    without = replace(installed, bin=install(installed.sdist, tmp_path / "environment", PATH=path))

    for module in ("streams._core", "sinks._core"):
        imported = without.python(tmp_path, f"import {module}")
        assert f"ModuleNotFoundError: No module named '{module}'" in imported.stderr
    assert without.run(tmp_path, "--help").returncode == 0


def test_what_is_installed_tells_its_version(installed: Installed, tmp_path: Path) -> None:
    assert installed.run(tmp_path, "--version").stdout == f"omnitrack {PROJECT['version']}\n"


def test_what_is_installed_brings_the_example_catalogue(installed: Installed, tmp_path: Path) -> None:
    printed = installed.run(tmp_path, "catalogue").stdout
    assert printed == EXAMPLE_CATALOGUE.read_text()
    (tmp_path / "catalogue.yaml").write_text(printed)
    checked = installed.run(tmp_path, "rules", "check", "catalogue.yaml")
    assert checked.returncode == 0, checked.stderr
