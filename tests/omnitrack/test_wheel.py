"""What is published holds all it needs, and works where the repository is not; test_demo.py runs the whole of it."""

from __future__ import annotations

import tarfile
import tomllib
from collections.abc import Iterable
from pathlib import Path
from zipfile import ZipFile

from omnitrack.example import EXAMPLE_CATALOGUE
from tests.support.wheel import ROOT, Installed, check_distributions

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PACKAGES = ("schemas", "sources", "streams", "sinks", "explorer", "omnitrack")


def files_of_packages() -> set[str]:
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file())
    return {str(path.relative_to(ROOT)) for path in found if "__pycache__" not in path.parts}


def of_packages(names: Iterable[str]) -> set[str]:
    return {name for name in names if name.split("/")[0] in PACKAGES}


def test_the_wheel_holds_every_file_of_the_packages_and_no_other(installed: Installed) -> None:
    with ZipFile(installed.wheel) as wheel:
        names = wheel.namelist()
    assert of_packages(names) == files_of_packages()
    others = {name.split("/")[0] for name in names} - {*PACKAGES}
    assert others == {f"omnitrack-{PROJECT['version']}.dist-info"}


def test_the_source_distribution_holds_them_too_and_what_the_wheel_is_built_with(installed: Installed) -> None:
    with tarfile.open(installed.sdist) as sdist:
        names = {member.name.partition("/")[2] for member in sdist if member.isfile()}
    assert of_packages(names) == files_of_packages()
    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "requirements.lock"} <= names
    assert not any(name.startswith("tests/") for name in names)


def test_the_package_index_would_take_both(installed: Installed) -> None:
    checked = check_distributions([installed.sdist, installed.wheel])
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_what_is_installed_tells_its_version(installed: Installed, tmp_path: Path) -> None:
    assert installed.run(tmp_path, "--version").stdout == f"omnitrack {PROJECT['version']}\n"


def test_what_is_installed_brings_the_example_catalogue(installed: Installed, tmp_path: Path) -> None:
    printed = installed.run(tmp_path, "catalogue").stdout
    assert printed == EXAMPLE_CATALOGUE.read_text()
    (tmp_path / "catalogue.yaml").write_text(printed)
    checked = installed.run(tmp_path, "rules", "check", "catalogue.yaml")
    assert checked.returncode == 0, checked.stderr
