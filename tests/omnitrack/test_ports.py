"""A busy port is found out before anything starts."""

from __future__ import annotations

import socket

from omnitrack.ports import LOOPBACK, free_port, port_obstacle


def test_a_port_that_is_listened_on_is_busy_until_it_is_closed() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        assert port_obstacle(port) == f"port {port} on {LOOPBACK} is busy"
    assert port_obstacle(port) is None


def test_a_free_port_can_be_listened_on() -> None:
    socket.create_server((LOOPBACK, free_port())).close()
