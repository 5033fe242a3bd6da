"""The built distributions, and the wheel as a stranger has it: in an environment of its own, away from here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.leftovers import RUN_MARK
from tests.support.tracked import ROOT, tracked_files


@dataclass(frozen=True, slots=True)
class Installed:
    """`sdist` and `wheel`, built from the tracked files; `bin` has the commands of an environment with the wheel."""

    sdist: Path
    wheel: Path
    bin: Path

    def python(self, folder: Path, code: str) -> subprocess.CompletedProcess[str]:
        """`code` in its Python, where `run` would run."""
        return subprocess.run(
            [self.bin / "python", "-c", code],
            cwd=folder,
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def run(self, folder: Path, *arguments: str, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
        """`omnitrack` with these arguments, in `folder`, with no setting and no module of this repository about it."""
        return subprocess.run(
            [self.bin / "omnitrack", *arguments],
            cwd=folder,
            env=clean_environment() | {"TMPDIR": str(folder)},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Built once per run: the sdist, from it the wheel, and an environment with that wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    sdist, wheel = build_distributions(folder / "dist")
    return Installed(sdist, wheel, install(wheel, folder / "environment"))


def install(distribution: Path, folder: Path, **variables: str) -> Path:
    """The commands of a new environment in `folder` with this sdist or wheel, installed under these variables.

    What it depends on is not installed anew: the new environment looks into that of the tests, where the project
    itself is only a link that no other environment follows.
    """
    python = make_environment(folder)
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", *options, str(distribution)]
    subprocess.run(pip, env=os.environ | variables, check=True, timeout=240)
    return python.parent


def build_distributions(folder: Path) -> list[Path]:
    """The sdist of the tracked files as they are now, and the wheel built from it, in `folder`."""
    with tempfile.TemporaryDirectory(prefix="omnitrack-build-") as source:
        _copy_tracked_files(Path(source))
        build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), source]
        crates = {"CARGO_TARGET_DIR": str(ROOT / "streams/core/target")}  # as `make` has compiled them
        ended = subprocess.run(build, env=os.environ | crates, capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return [*folder.glob("omnitrack-*.tar.gz"), *folder.glob("omnitrack-*.whl")]


def check_distributions(files: list[Path]) -> subprocess.CompletedProcess[str]:
    """What twine says of them: whether the package index would take and show them."""
    twine = [sys.executable, "-m", "twine", "check", "--strict"]
    return subprocess.run([*twine, *files], capture_output=True, text=True, timeout=60, check=False)


def make_environment(folder: Path) -> Path:
    """An empty virtual environment without pip; its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=60)
    return folder / "bin" / "python"


def clean_environment() -> dict[str, str]:
    """The variables of this process without what is omnitrack's, or tells Python where to look."""
    return {
        name: value
        for name, value in os.environ.items()
        if name == RUN_MARK or not name.startswith(("OMNITRACK_", "PYTHON", "VIRTUAL_ENV"))
    }


def _copy_tracked_files(target: Path) -> None:
    for source in tracked_files():
        copy = target / source.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, copy)
