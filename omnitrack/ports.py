"""Ports on loopback: free ones, and busy ones found out before anything starts."""

from __future__ import annotations

import errno
import random
import socket
from itertools import islice

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port on loopback that can be listened on now.

    It lies below the range that outgoing connections take theirs from, so it is still free when a service restarts.
    Raises `OSError` if there is none.
    """
    [port] = free_ports(1)
    return port


def free_ports(count: int) -> list[int]:
    """As many ports of that kind, each another. Raises `OSError`."""
    tried = random.sample(range(20_000, 32_000), k=100 + count)
    found = list(islice((port for port in tried if port_obstacle(port) is None), count))
    if len(found) < count:
        raise OSError(
            errno.EADDRINUSE,
            f"of {len(tried)} ports tried between 20000 and 32000 only {len(found)} are free on loopback",
        )
    return found


def port_obstacle(port: int) -> str | None:
    """Why nothing can listen on `port` of loopback, or None if it can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            why = "is busy" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            return f"port {port} on {LOOPBACK} {why}"
    return None
