"""The page of one process: `/metrics` for Prometheus, `/health` and `/ready` for whoever starts and restarts it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest

from streams.batching.endings import Ending


class PageUnavailable(Ending):
    """The page cannot be served where the settings say."""


class Page:
    """Served by the event loop that works on the batches: an answer tells that the loop turns.

    `meters` are the app's own, beside those of the process; `not_ready` tells what is missing, None: nothing.
    """

    def __init__(self, host: str, port: int, meters: CollectorRegistry, not_ready: Callable[[], str | None]) -> None:
        self._host = host
        self._port = port
        self._meters = meters
        self._not_ready = not_ready
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Serve from now on. Raises `PageUnavailable`."""
        app = web.Application()
        app.add_routes(
            [web.get("/metrics", self._metrics), web.get("/health", _health), web.get("/ready", self._ready)]
        )
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            raise PageUnavailable(
                f"OMNITRACK_METRICS_HOST, OMNITRACK_METRICS_PORT: nothing can listen on {self._host}:{self._port}"
                f" ({error.strerror}): stop what does, or choose another"
            ) from error

    async def stop(self) -> None:
        """Close the port; connections that are open are answered first."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _metrics(self, _request: web.Request) -> web.Response:
        body = generate_latest(REGISTRY) + generate_latest(self._meters)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _ready(self, _request: web.Request) -> web.Response:
        missing = self._not_ready()
        if missing is None:
            return web.Response(text="ready\n")
        return web.Response(text=f"not ready: {missing}\n", status=HTTPStatus.SERVICE_UNAVAILABLE)


async def _health(_request: web.Request) -> web.Response:
    return web.Response(text="alive\n")
