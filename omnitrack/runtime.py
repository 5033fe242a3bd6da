"""The runtime file of `omnitrack up`: where it listens and what it runs, for the other commands."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
import psutil

FILE_NAME = "runtime.json"
TARGETS_FILE_NAME = "prometheus-targets.json"


class ProcessEntry(msgspec.Struct, frozen=True):
    """A service's process; `started_at` in UTC milliseconds, `state` is `starting` or `up`.

    `page` is where it shows `/metrics`, `/health` and `/ready`, `host:port`; None: nowhere.
    """

    pid: int
    started_at: int
    restarts: int
    state: str
    page: str | None = None


class Runtime(msgspec.Struct, frozen=True):
    """`pid` is the supervisor's; `started_at` in UTC milliseconds; `catalogue` is the file's whole path."""

    kafka: str
    clickhouse: str
    pid: int
    started_at: int
    kafka_in_memory: bool
    processes: dict[str, ProcessEntry]
    catalogue: str | None = None


def write_runtime(data_dir: Path, runtime: Runtime) -> None:
    """Replace the file as a whole; only its owner may read it, as an address may carry a password."""
    draft = data_dir / f"{FILE_NAME}.new"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(runtime), indent=2))
    draft.replace(data_dir / FILE_NAME)


def write_targets(data_dir: Path, pages: Mapping[str, str]) -> None:
    """Tell Prometheus (`file_sd_configs`) where the processes' pages are, by the names of these."""
    targets = [{"targets": [page], "labels": {"process": name}} for name, page in sorted(pages.items())]
    draft = data_dir / f"{TARGETS_FILE_NAME}.new"
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(targets), indent=2))
    draft.replace(data_dir / TARGETS_FILE_NAME)


def read_runtime(data_dir: Path) -> Runtime | None:
    """What runs on `data_dir`, or None: no file, an unreadable one, or one whose supervisor is gone."""
    try:
        runtime = msgspec.json.decode((data_dir / FILE_NAME).read_bytes(), type=Runtime)
    except (OSError, msgspec.DecodeError):
        return None
    return runtime if _is_alive(runtime) else None


def remove_runtime(data_dir: Path) -> None:
    """Say that no `up` runs on this data directory any more; it is no error if none did."""
    (data_dir / FILE_NAME).unlink(missing_ok=True)
    (data_dir / TARGETS_FILE_NAME).unlink(missing_ok=True)


def _is_alive(runtime: Runtime) -> bool:
    try:
        created: float = psutil.Process(runtime.pid).create_time()
    except psutil.Error:
        return False
    # A process that took over the number was created after the supervisor started.
    return created * 1000 <= runtime.started_at + 1000
