"""The explorer's web server: one process, a few threads."""

from __future__ import annotations

import logging
import signal
from types import FrameType

from waitress.server import create_server

from explorer.access.control import NO_LOGIN
from explorer.access.settings import LOOPBACK_HOSTS, AccessSettings
from explorer.access.visitor import visitor_may_see
from explorer.app import create_app
from explorer.store import Store
from sinks.clickhouse.settings import ClickHouseSettings

LOOPBACK = "127.0.0.1"
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
THREADS = 8
DEFAULT_PORT = 8050
DEFAULT_SECONDS = 10.0


def serve(
    settings: ClickHouseSettings,
    port: int,
    host: str = LOOPBACK,
    seconds: float = DEFAULT_SECONDS,
    access: AccessSettings = NO_LOGIN,
) -> None:
    """Serve until SIGTERM or Ctrl-C, to those whom `access` lets in; `seconds` is what one query may take.

    Raises OSError where the port is busy, `AccessError` and `AccountsError` where `access` cannot be used.
    """
    # Requests that wait for a thread are no news; the client has no time-out that they could run into.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    app = create_app(Store(settings, seconds, visitor_may_see), _names(host, access), access)
    server = create_server(app, host=host, port=port, threads=THREADS, ident="omnitrack")

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        server.run()
    finally:
        server.close()
        signal.signal(signal.SIGTERM, before)


def _names(host: str, access: AccessSettings) -> tuple[str, ...]:
    """The names it answers to: its own and, for the supervisor on this machine, those of loopback; () means any."""
    if access.hostname is not None:
        return (*LOOPBACK_NAMES, access.hostname)
    return LOOPBACK_NAMES if host in LOOPBACK_HOSTS else ()
