"""The embedded ClickHouse: chDB, durable on disk, behind ClickHouse's native protocol on loopback.

Run as `python -m omnitrack.embedded.clickhouse --data-dir D --port P`; clients talk to it as to a real server. It has
no users and no roles, results have no TOTALS and EXTREMES, and it takes no part in distributed queries.
"""

from __future__ import annotations

import sys
from pathlib import Path

from omnitrack.ports import LOOPBACK


def clickhouse_address(port: int) -> str:
    """The address of a server started by `clickhouse_command(..., port)`."""
    return f"clickhouse://default@{LOOPBACK}:{port}/omnitrack"


def clickhouse_command(data_dir: Path, port: int) -> tuple[str, ...]:
    """The command that runs the server on `data_dir`, which it makes if need be."""
    return (sys.executable, "-m", __name__, "--data-dir", str(data_dir), "--port", str(port))
