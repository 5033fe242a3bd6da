"""The jars of Apache Kafka, fetched once by Maven into the user's cache folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from filelock import FileLock

POM = Path(__file__).parents[2] / "deploy" / "kafka" / "pom.xml"
MAVEN_SECONDS = 600


class ApacheKafkaUnavailable(RuntimeError):
    """Apache Kafka cannot run here; the message says what is missing and how to get it."""


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "omnitrack"


def require_apache_kafka() -> None:
    """Return if Apache Kafka can be started here, raise ApacheKafkaUnavailable otherwise."""
    java()
    kafka_jars()


def java() -> str:
    """The Java executable; raises ApacheKafkaUnavailable without one."""
    return _executable("java", "Java 17 or newer, package default-jre-headless")


def kafka_jars() -> Path:
    """The folder of jars that the pom asks for. Only its first use needs Maven and the network.

    Raises ApacheKafkaUnavailable without Maven, or with Maven's own words if the fetch fails.
    """
    return fetched_jars(POM, "kafka")


def fetched_jars(pom: Path, name: str, goal: str = "copy-dependencies") -> Path:
    """The folder of what `pom` asks for, `name` in the cache folder, put there by a goal of Maven's dependency plugin.

    Under the same conditions.
    """
    wanted = cache_folder() / f"{name}-{hashlib.sha256(pom.read_bytes()).hexdigest()[:12]}"
    wanted.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(wanted.with_suffix(".lock")):
        if not wanted.is_dir():
            _fetch(pom, wanted, goal)
    return wanted


def _fetch(pom: Path, folder: Path, goal: str) -> None:
    maven = _executable("mvn", "package maven")
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        jars = Path(scratch) / "jars"
        outputs = [f"-DoutputDirectory={jars}", f"-DmarkersDirectory={scratch}/markers"]
        command = [maven, "-q", "-B", "-f", str(pom), f"dependency:{goal}", *outputs]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=MAVEN_SECONDS, check=False)
        except subprocess.TimeoutExpired as error:
            raise ApacheKafkaUnavailable(f"Maven fetched no jars within {MAVEN_SECONDS} s: try again") from error
        if done.returncode != 0:
            last_lines = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
            raise ApacheKafkaUnavailable(f"Maven could not fetch the jars of {pom}:\n{last_lines}")
        # Renamed when complete: an interrupted fetch leaves nothing that a later run would trust.
        jars.rename(folder)


def _executable(name: str, how_to_get_it: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise ApacheKafkaUnavailable(f"`{name}` is not on the PATH: install it ({how_to_get_it})")
    return path


if __name__ == "__main__":
    try:
        require_apache_kafka()
    except ApacheKafkaUnavailable as error:
        sys.exit(f"no Apache Kafka: {error}")
    print(f"Apache Kafka: {kafka_jars()}")
