"""What the explorer counts, and the page on which Prometheus reads it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Histogram, start_http_server

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

QUERY_SECONDS = Histogram(
    "omnitrack_explorer_query_seconds", "From a question to its answer, or to why there is none.", buckets=SECONDS
)
FAILURES = Counter("omnitrack_explorer_failures", "Questions that ClickHouse did not answer.", ("kind",))


@contextmanager
def shown(host: str, port: int) -> Iterator[None]:
    """`/metrics` while the block runs; port 0: nowhere. Raises OSError where nothing can listen there."""
    if not port:
        yield
        return
    server, thread = start_http_server(port, host)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
