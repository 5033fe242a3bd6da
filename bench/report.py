"""What a benchmark found, as JSON that `python -m bench` collects: rows of text and numbers, and where they hold."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

Row = dict[str, str | int | float]
"""A figure's name tells its unit: `touchpoints_per_s`, `processor_s_per_million`, `memory_mb`."""


class Report:
    """The rows of one run; `options` are what it was called with."""

    def __init__(self, benchmark: str, options: dict[str, Any]) -> None:
        self._benchmark = benchmark
        self._options = {name: value for name, value in options.items() if name != "json"}
        self.rows: list[Row] = []

    def add(self, **row: str | float) -> None:
        self.rows.append({name: _rounded(value) for name, value in row.items()})

    def write(self, file: Path | None) -> None:
        """Write it to the file, whole or not at all; None: nowhere."""
        if file is None:
            return
        found = {
            "benchmark": self._benchmark,
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "revision": revision(),
            "machine": machine(),
            "options": self._options,
            "rows": self.rows,
        }
        scratch = file.with_suffix(".tmp")
        scratch.write_text(json.dumps(found, indent=1, default=str) + "\n", encoding="utf-8")
        scratch.replace(file)


def add_json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found there, as JSON, as well")


def machine() -> Row:
    """What figures depend on, and how busy the machine is (its load is that of the last minute)."""
    return {
        "cores": os.cpu_count() or 0,
        "processor": _processor(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "python": platform.python_version(),
        "system": platform.system(),
        "load": round(os.getloadavg()[0], 1),
    }


def revision() -> str:
    """The commit that was measured; `+` after it says that files were changed since."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"],  # noqa: S607 -- whichever git there is
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() or "unknown"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if not information.exists():
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in information.read_text().splitlines() if "model name" in line)
    return next(names, platform.machine())


def _rounded(value: str | float) -> str | float:
    """Six digits say more than a measurement can."""
    return float(f"{value:.6g}") if isinstance(value, float) else value
