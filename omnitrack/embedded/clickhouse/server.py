"""Listens on loopback and gives each client a thread."""

from __future__ import annotations

import socket
from threading import Lock, Thread
from time import monotonic

from omnitrack.embedded.clickhouse.connection import Connection
from omnitrack.embedded.clickhouse.engine import Engine
from omnitrack.embedded.clickhouse.interrupts import Interrupts
from omnitrack.ports import LOOPBACK

_BACKLOG = 128
_STOP_SECONDS = 5.0


class Server:
    """Serves an engine's data from `start` until `stop`."""

    def __init__(self, engine: Engine, listener: socket.socket) -> None:
        self._engine = engine
        self._listener = listener
        self._interrupts = Interrupts()
        self._lock = Lock()
        self._clients: dict[socket.socket, Thread] = {}
        self._acceptor = Thread(target=self._accept, name="acceptor", daemon=True)

    def start(self) -> None:
        """Accept connections, in a thread."""
        self._acceptor.start()

    def stop(self) -> None:
        """Take no more clients, end their queries and connections, and wait for that, 5 s at most."""
        # A thread blocked in accept() is not woken by close().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()
        with self._lock:
            clients = dict(self._clients)
        for client in clients:
            _shut_down(client)
        # Their queries are killed as those of any client that goes away.
        deadline = monotonic() + _STOP_SECONDS
        for thread in clients.values():
            thread.join(max(0.0, deadline - monotonic()))
        if not any(thread.is_alive() for thread in clients.values()):
            self._interrupts.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = Thread(target=self._serve, args=(client,), name="client", daemon=True)
            with self._lock:
                self._clients[client] = thread
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        try:
            Connection(client, self._engine, self._interrupts).serve()
        finally:
            with self._lock:
                del self._clients[client]
            client.close()


def listen(port: int) -> socket.socket:
    """A socket listening on a port of loopback, 0 for any that is free. Raises OSError where it is busy."""
    return socket.create_server((LOOPBACK, port), backlog=_BACKLOG)


def _shut_down(client: socket.socket) -> None:
    try:
        client.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
