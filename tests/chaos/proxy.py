"""A TCP proxy on loopback that delays bytes, holds them back, and cuts connections."""

from __future__ import annotations

import asyncio
from asyncio import Queue
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

from omnitrack.ports import LOOPBACK, free_port

CHUNK = 65_536
MOST_UNDER_WAY = 256
"""Chunks of one direction of a connection that may be delayed at once."""


class Proxy:
    """Forwards connections to `port` of loopback to `target`; its methods may be called from any thread.

    Bytes arrive `delay` seconds after they were sent, in either direction.
    """

    def __init__(self, target: int, port: int, delay: float) -> None:
        self.port = port
        self._target = target
        self._delay = delay
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = Thread(target=self._loop.run_forever, name=f"proxy to {target}", daemon=True)

    @classmethod
    @contextmanager
    def to(cls, target: int, delay: float = 0.0) -> Iterator[Proxy]:
        """A proxy to `target` on a free port; it ends with the block."""
        proxy = cls(target, free_port(), delay)
        proxy._thread.start()
        proxy._call(proxy._listen())
        try:
            yield proxy
        finally:
            proxy._call(proxy._close())
            proxy._loop.call_soon_threadsafe(proxy._loop.stop)
            proxy._thread.join()
            proxy._loop.close()

    def cut(self) -> None:
        """Break all connections, as a switch that restarts does; new ones are taken at once."""
        self._soon(self._cut)

    def hold(self) -> None:
        """Let no byte through until `release`; nobody is told, so both ends wait."""
        self._soon(self._flowing.clear)

    def release(self) -> None:
        """Let the bytes held back arrive."""
        self._soon(self._flowing.set)

    def _soon(self, call: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(call)

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, LOOPBACK, self.port)

    async def _close(self) -> None:
        self._server.close()
        self._cut()
        me = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not me]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(LOOPBACK, self._target)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, back}
        self._writers |= ends
        try:
            with suppress(asyncio.CancelledError):  # the proxy ends, and nobody is left to be told
                await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
        finally:
            self._writers -= ends
            for end in ends:
                end.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        under_way: Queue[tuple[float, bytes]] = Queue(MOST_UNDER_WAY)
        await asyncio.gather(self._take_in(reader, under_way), self._give_out(under_way, writer))

    async def _take_in(self, reader: asyncio.StreamReader, under_way: Queue[tuple[float, bytes]]) -> None:
        data = b"..."
        while data:
            try:
                data = await reader.read(CHUNK)
            except OSError:
                data = b""
            await under_way.put((self._loop.time() + self._delay, data))

    async def _give_out(self, under_way: Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        """Whatever arrives, in order; when one end is gone, the other sees all that was sent before, then the end."""
        while True:
            due, data = await under_way.get()
            await asyncio.sleep(due - self._loop.time())
            await self._flowing.wait()
            with suppress(OSError, RuntimeError):
                if data:
                    writer.write(data)
                    await writer.drain()
                else:
                    writer.write_eof()
            if not data:
                return
