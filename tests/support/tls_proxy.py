"""A TLS server before one that has none: what it takes out of TLS it hands on, and back."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

from omnitrack.ports import LOOPBACK


@contextmanager
def tls_proxy(certificate: Path, port: int) -> Iterator[tuple[int, bytearray]]:
    """Its port, and what clients have said so far; `certificate` (PEM) holds the key too, `port` is the server's."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    said = bytearray()
    with socket.create_server((LOOPBACK, 0)) as listener:
        Thread(target=_accept, args=(listener, context, port, said), daemon=True).start()
        yield listener.getsockname()[1], said
        # Wakes the thread up, which closing alone does not.
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, context: ssl.SSLContext, port: int, said: bytearray) -> None:
    with suppress(OSError):
        while True:
            plain, _ = listener.accept()
            Thread(target=_serve, args=(plain, context, port, said), daemon=True).start()


def _serve(plain: socket.socket, context: ssl.SSLContext, port: int, said: bytearray) -> None:
    with (
        suppress(OSError),
        context.wrap_socket(plain, server_side=True) as client,
        socket.create_connection((LOOPBACK, port)) as server,
    ):
        back = Thread(target=_pump, args=(server, client, bytearray()), daemon=True)
        back.start()
        _pump(client, server, said)
        server.shutdown(socket.SHUT_RDWR)
        back.join()


def _pump(source: socket.socket, sink: socket.socket, seen: bytearray) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            seen += data
            sink.sendall(data)
