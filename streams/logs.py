"""The level of structured log lines; that of Faust's own is its option `--loglevel`."""

from __future__ import annotations

import structlog


def set_log_level(level: str) -> None:
    """From now on no line below `level` (`DEBUG`, `INFO`, …) is made in this process."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(level))
