"""Notices that a client cancels its query or goes away while the query runs."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock, Thread

import structlog

from omnitrack.embedded.clickhouse.protocol import FromClient

_KILL_AGAIN_SECONDS = 0.2

logger = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class Watch:
    """One running query; `interrupted` once its client has cancelled it or is gone."""

    client: socket.socket
    kill: Callable[[], None]
    interrupted: bool = False


class Interrupts:
    """One thread that looks at the sockets of all clients with a running query, and kills the queries given up."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake_sender, self._wake_receiver = socket.socketpair()
        self._selector.register(self._wake_receiver, selectors.EVENT_READ)
        self._registering = Lock()
        self._killing = Lock()
        self._doomed: set[Watch] = set()
        self._closing = False
        self._thread = Thread(target=self._run, name="interrupts", daemon=True)
        self._thread.start()

    @contextmanager
    def watching(self, client: socket.socket, kill: Callable[[], None]) -> Iterator[Watch]:
        """Call `kill` again and again, in the thread of this object, once the client gives up; until the block ends.

        More than once, because the engine may not have begun with the query.
        """
        watch = Watch(client, kill)
        with self._registering:
            self._selector.register(client, selectors.EVENT_READ, watch)
        try:
            yield watch
        finally:
            with self._registering:
                if client in self._selector.get_map():
                    self._selector.unregister(client)
            if watch.interrupted:
                # A kill under way must not hit the session's next query.
                with self._killing:
                    self._doomed.discard(watch)

    def close(self) -> None:
        """End the thread."""
        self._closing = True
        self._wake_sender.send(b"\0")
        self._thread.join()
        self._selector.close()
        self._wake_sender.close()
        self._wake_receiver.close()

    def _run(self) -> None:
        while not self._closing:
            for key, _ in self._selector.select(_KILL_AGAIN_SECONDS if self._doomed else None):
                if isinstance(key.data, Watch):
                    self._look_at(key.data)
            with self._killing:
                for watch in self._doomed:
                    self._kill(watch)

    def _look_at(self, watch: Watch) -> None:
        with self._registering:
            if watch.client not in self._selector.get_map():
                return
            # One look is enough: the bytes stay unread, so the selector would report them without end.
            self._selector.unregister(watch.client)
            watch.interrupted = _gives_up(watch.client)
        if watch.interrupted:
            with self._killing:
                self._doomed.add(watch)

    def _kill(self, watch: Watch) -> None:
        try:
            watch.kill()
        except Exception:  # the thread must outlive whatever one query does
            logger.exception("a query that its client gave up could not be killed")


def _gives_up(client: socket.socket) -> bool:
    try:
        first = client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return not first or first[0] == FromClient.CANCEL
