"""Where each peer runs: an interpreter of its own with its pinned packages, or the classes that Maven built.

All of it is fetched once into the user's cache folder: nothing of it is a dependency of the project.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

from tests.support.kafka_jars import cache_folder, java

HERE = Path(__file__).parent
JAVA_SOURCES = HERE / "kafka_streams"
FETCH_SECONDS = 600


class PeerUnavailable(RuntimeError):
    """A peer cannot be had here; the message says why."""


def python_of(library: str) -> str:
    """The interpreter of a virtual environment with what `<library>.txt` pins."""
    requirements = HERE / f"{library}.txt"
    home = cache_folder() / f"peer-{library}-{_digest([requirements])}"
    python = home / "bin" / "python"
    with FileLock(home.with_suffix(".lock")):
        if not python.exists():
            uv = str(Path(sys.executable).parent / "uv")
            with tempfile.TemporaryDirectory(dir=home.parent) as scratch:
                made = Path(scratch) / "venv"
                _run([uv, "venv", "--quiet", "--relocatable", "--python", sys.executable, str(made)])
                _run([uv, "pip", "install", "--quiet", "--python", str(made), "-r", str(requirements)])
                made.rename(home)
    return str(python)


def kafka_streams() -> list[str]:
    """The command that runs the job in Kafka Streams, without its arguments."""
    sources = sorted(path for path in JAVA_SOURCES.rglob("*") if path.suffix in {".xml", ".java"})
    home = cache_folder() / f"peer-kafka-streams-{_digest(sources)}"
    maven = shutil.which("mvn")
    with FileLock(home.with_suffix(".lock")):
        if not home.exists():
            if maven is None or shutil.which("javac") is None:
                raise PeerUnavailable("Kafka Streams needs Maven and a JDK to be built (Debian: maven default-jdk)")
            with tempfile.TemporaryDirectory(dir=home.parent) as scratch:
                project = Path(shutil.copytree(JAVA_SOURCES, Path(scratch) / "project"))
                goals = ("compiler:compile", "dependency:copy-dependencies", "-DoutputDirectory=target/jars")
                _run([maven, "-q", "-B", "-f", str(project / "pom.xml"), *goals])
                (project / "target").rename(home)
    return [java(), "-cp", f"{home / 'classes'}:{home / 'jars'}/*", "omnitrack.Sessions"]


def _digest(files: Sequence[Path]) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
    if done.returncode != 0:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise PeerUnavailable(f"`{' '.join(map(str, command))}` failed:\n{last}")
