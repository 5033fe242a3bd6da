"""A web server that keeps what is posted to it, and answers as it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from omnitrack.ports import LOOPBACK


@dataclass(slots=True)
class Inbox:
    """`status` is the next answers' status, `answering` is cleared while it answers nothing at all."""

    port: int = 0
    status: int = 204
    answering: threading.Event = field(default_factory=threading.Event)
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    """What it answered well to, decoded."""

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/alerts?token=secret"

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[Self]:
        inbox = cls()
        inbox.answering.set()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                inbox.posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
                inbox.answering.wait()
                if inbox.status < 300:
                    inbox.taken.append(json.loads(body))
                self.send_response(inbox.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base's name
                pass

        with ThreadingHTTPServer((LOOPBACK, 0), Handler) as server:
            server.daemon_threads = True
            inbox.port = server.server_port
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                yield inbox
            finally:
                inbox.answering.set()
                server.shutdown()

    def told(self, subject: str) -> list[str]:
        """The types of what the webhook took about a subject."""
        return [one["type"] for one in self.taken if one.get("data", {}).get("subject") == subject]

    def paged(self, subject: str) -> list[tuple[str, str | None]]:
        """Of Alertmanager's pages about a subject the statuses, and how they say that it ended."""
        alerts = (alert for page in self.taken for alert in page.get("alerts", ()))
        told = [(alert["status"], alert["annotations"]) for alert in alerts]
        return [(status, notes.get("ended")) for status, notes in told if notes.get("subject") == subject]
