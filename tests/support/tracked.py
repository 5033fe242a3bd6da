"""The files of the project, as git has them: what lies beside them is nobody's."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def tracked_files(*patterns: str) -> list[Path]:
    """Those that are tracked and there; all of them, or those of git's `patterns`."""
    command = ["git", "ls-files", "-z", *patterns]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    found = (ROOT / name for name in listing.stdout.split("\0") if name)
    return [path for path in found if path.is_file()]
