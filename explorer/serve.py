"""The explorer's web server: one process, a few threads."""

from __future__ import annotations

import logging
import signal
from types import FrameType

from waitress.server import create_server

from explorer.app import create_app
from explorer.store import Store
from sinks.clickhouse.settings import ClickHouseSettings

LOOPBACK = "127.0.0.1"
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
THREADS = 8
DEFAULT_PORT = 8050
DEFAULT_SECONDS = 10.0


def serve(settings: ClickHouseSettings, port: int, host: str = LOOPBACK, seconds: float = DEFAULT_SECONDS) -> None:
    """Serve until SIGTERM or Ctrl-C; `seconds` is what one query may take. Raises OSError where the port is busy."""
    # Requests that wait for a thread are no news; the client has no time-out that they could run into.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    trusted = LOOPBACK_NAMES if host in ("127.0.0.1", "localhost", "::1") else ()
    app = create_app(Store(settings, seconds), trusted)
    server = create_server(app, host=host, port=port, threads=THREADS, ident="omnitrack")

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        server.run()
    finally:
        server.close()
        signal.signal(signal.SIGTERM, before)
