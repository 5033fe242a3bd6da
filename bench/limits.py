"""Part of a core, and no more, for a process, by the control groups of Linux (version 1 or 2).

What more workers bring is told by a machine that has cores for them. With a part of a core for each worker, a machine
of few cores has enough for several of them, and for what is around them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PERIOD_US = 10_000
"""So often the part is given anew: short, so that a worker goes on evenly."""
MEMBERS = "cgroup.procs"


@contextmanager
def group(name: str, cores: float) -> Iterator[Path]:
    """A control group whose processes have `cores` of processor together; it goes when they have ended.

    Raises:
        SystemExit: this machine lets nobody make one.
    """
    quota = round(cores * PERIOD_US)
    of_version_1 = ROOT / "cpu"
    folder = (of_version_1 if of_version_1.is_dir() else ROOT) / name
    try:
        folder.mkdir(exist_ok=True)
        if of_version_1.is_dir():
            (folder / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (folder / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (folder / "cpu.max").write_text(f"{quota} {PERIOD_US}")
    except OSError as error:
        cannot = f"cannot limit processes to {cores} cores: {error}"
        raise SystemExit(f"{cannot}; be root, or leave --worker-cores out") from None
    try:
        yield folder
    finally:
        folder.rmdir()


def within(folder: Path, command: tuple[str, ...]) -> tuple[str, ...]:
    """The command in the control group, from its first instruction on."""
    return ("/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', str(folder / MEMBERS), *command)
