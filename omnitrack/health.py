"""`python -m omnitrack.health [PORT]`: whether the process of this container answers; what its health check runs.

Asks for `/health` on loopback, on the port given, else on `OMNITRACK_METRICS_PORT`. Exit code 0: it answers; 1: it does
not, and why; 2: wrong usage. Imports nothing of ours, for it runs every few seconds.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

HOST = "127.0.0.1"
SECONDS = 5.0
USAGE = "usage: python -m omnitrack.health [PORT]; without PORT, OMNITRACK_METRICS_PORT says it"


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """The exit code; tells on standard error what is wrong."""
    given = [*arguments, environment.get("OMNITRACK_METRICS_PORT", "")][0]
    if len(arguments) > 1 or not given.isdigit():
        sys.stderr.write(f"{USAGE}\n")
        return 2
    problem = ailment(int(given))
    if problem is not None:
        sys.stderr.write(f"http://{HOST}:{given}/health: {problem}\n")
    return 0 if problem is None else 1


def ailment(port: int) -> str | None:
    """What is wrong with the process that serves on `port`; None: nothing."""
    connection = HTTPConnection(HOST, port, timeout=SECONDS)
    try:
        connection.request("GET", "/health")
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return f"no answer ({str(error) or type(error).__name__})"
    finally:
        connection.close()
    return None if status == HTTPStatus.OK else f"it answers {status}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
