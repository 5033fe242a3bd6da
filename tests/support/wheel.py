"""The built distributions, and the wheel as a stranger has it: in an environment of its own, away from here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.leftovers import RUN_MARK

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Installed:
    """`sdist` and `wheel`, built from the tracked files; `bin` has the commands of an environment with the wheel."""

    sdist: Path
    wheel: Path
    bin: Path

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
    """Built once per run: the sdist, from it the wheel, and an environment with that wheel.

    What it depends on is not installed anew: the new environment looks into that of the tests, where the project
    itself is only a link that no other environment follows.
    """
    folder = tmp_path_factory.mktemp("wheel")
    _copy_tracked_files(folder / "source")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder / "dist"), str(folder / "source")]
    subprocess.run(build, check=True, capture_output=True, timeout=240)
    (sdist,), (wheel,) = (folder / "dist").glob("*.tar.gz"), (folder / "dist").glob("*.whl")
    return Installed(sdist, wheel, _install(wheel, folder / "environment"))


def clean_environment() -> dict[str, str]:
    """The variables of this process without what is omnitrack's, or tells Python where to look."""
    return {
        name: value
        for name, value in os.environ.items()
        if name == RUN_MARK or not name.startswith(("OMNITRACK_", "PYTHON", "VIRTUAL_ENV"))
    }


def _copy_tracked_files(target: Path) -> None:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S607
    for name in listing.stdout.split("\0"):
        source = ROOT / name
        if name and source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target / name)


def _install(wheel: Path, environment: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True, timeout=60)
    python = environment / "bin" / "python"
    packages = environment / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    install = ["install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, *install], check=True, capture_output=True, timeout=120
    )
    return environment / "bin"
