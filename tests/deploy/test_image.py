"""The container image, as far as it can be judged without building it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.exceptions import TyperException

from tests.deploy.known import DEPLOY, ROOT, check_command
from tests.support.wheel import make_environment

DOCKERFILE = DEPLOY / "Dockerfile"
TEXT = re.sub(r"\\\n\s*", "", DOCKERFILE.read_text())
LEFT_OUT = {"chdb-core", "pandas"}
EXTRA = {"fastavro"}
"""Of the extra `avro`, from the lock of the tests."""
EXACT = re.compile(r"^[\w./-]+:\d+\.\d+\.\d+[\w.-]*$")


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.*)$", TEXT, re.MULTILINE)


def requirements(text: str) -> dict[str, str]:
    """What a lock file says of each package."""
    parts = re.split(r"^([a-z0-9._-]+)==", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def copied_from_here() -> set[str]:
    """What is copied from the project, by the first word of its path."""
    own = [line.split()[:-1] for line in instructions("COPY") if not line.startswith("--from")]
    return {path.partition("/")[0] for line in own for path in line}


def test_hadolint_finds_no_fault() -> None:
    told = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), str(DOCKERFILE)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (told.returncode, told.stdout) == (0, "")


def test_what_is_copied_is_there_and_goes_to_the_builder() -> None:
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied_from_here() == sent
    assert [path for path in sent if not (ROOT / path).exists()] == []


def test_every_package_of_the_project_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packages <= copied_from_here()


def test_each_base_is_one_exact_version() -> None:
    bases = dict(line.split("=") for line in instructions("ARG"))
    assert [base for base in bases.values() if not EXACT.match(base)] == []
    assert {line.split()[0] for line in instructions("FROM")} == {f"${{{name}}}" for name in bases}


def test_what_runs_has_no_compiler() -> None:
    assert instructions("FROM")[-1] == "${PYTHON_IMAGE}"
    (copied,) = re.findall(r"^COPY --from=(\S+) (.*)$", TEXT.rpartition("\nFROM ")[2], re.MULTILINE)
    assert copied == ("build", "/opt/omnitrack /opt/omnitrack")


def test_it_runs_as_a_user_who_is_not_root() -> None:
    assert instructions("USER") == ["10001:10001"]


def test_the_packages_are_the_locked_ones_without_the_embedded_engine_and_with_avro(tmp_path: Path) -> None:
    (run,) = [line for line in instructions("RUN") if "requirements.lock" in line]
    for lock in ("requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / lock, tmp_path)
    subprocess.run(["/bin/sh", "-ec", run.partition("&&")[0]], cwd=tmp_path, check=True, timeout=60)

    whole = requirements((ROOT / "requirements.lock").read_text())
    tested = requirements((ROOT / "requirements-dev.lock").read_text())
    left = requirements((tmp_path / "image.lock").read_text())
    wanted = {name: whole.get(name, tested[name]) for name in (set(whole) - LEFT_OUT) | EXTRA}
    hashes = re.compile(r"--hash=sha256:\w+")
    assert {name: hashes.findall(text) for name, text in left.items()} == {
        name: hashes.findall(text) for name, text in wanted.items()
    }
    assert all(hashes.search(text) for text in left.values())


def test_the_compiled_cores_go_to_what_is_installed_not_to_the_sources_beside(tmp_path: Path) -> None:
    make_environment(tmp_path / "opt/omnitrack")
    installed = next(tmp_path.glob("opt/omnitrack/lib/python*/site-packages"))
    for name in ("streams", "sinks"):
        reason = "no compiled core: make .venv/.dev builds it where cargo is"
        core = pytest.importorskip(f"{name}._core", reason=reason)
        for package in (installed / name, tmp_path / "src" / name):
            package.mkdir(parents=True)
            (package / "__init__.py").touch()
        (tmp_path / "dist" / name).mkdir(parents=True)
        shutil.copy(core.__file__, tmp_path / "dist" / name / "_core.abi3.so")

    (run,) = [line for line in instructions("RUN") if "_core.abi3.so" in line]
    here = re.sub(r"(?<=[ (])(?=/(?:opt|dist)/)", str(tmp_path), run)
    subprocess.run(["/bin/sh", "-ec", here], cwd=tmp_path / "src", check=True, timeout=60)

    assert {str(path.relative_to(installed)) for path in installed.glob("*/_core.abi3.so")} == {
        "streams/_core.abi3.so",
        "sinks/_core.abi3.so",
    }


def test_what_is_left_out_is_needed_by_nothing_else() -> None:
    whole = requirements((ROOT / "requirements.lock").read_text())
    for name in LEFT_OUT:
        needed_by = set(re.findall(r"^ +#(?: +via)? +([a-z][\w.-]*)", whole[name], re.MULTILINE))
        assert needed_by <= {*LEFT_OUT, "omnitrack"}, name


def test_its_own_command_is_one() -> None:
    (command,) = instructions("CMD")
    assert command == '["omnitrack", "--help"]'
    check_command(["omnitrack", "status"])


@pytest.mark.parametrize("wrong", [["omnitrack", "stauts"], ["omnitrack", "explore", "--prot", "1"], ["faust"]])
def test_a_command_that_there_is_not_is_noticed(wrong: list[str]) -> None:
    with pytest.raises((KeyError, ValueError, TyperException)):
        check_command(wrong)
