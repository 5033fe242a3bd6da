"""Whether this run decides about a change."""

from __future__ import annotations

import os


def in_ci() -> bool:
    """In CI nothing may be left untested unnoticed."""
    return any(os.environ.get(name, "").lower() in {"1", "true"} for name in ("CI", "OMNITRACK_CI"))
