"""Faust's own web server shows tables to anyone who asks, on all addresses: a batch app never starts it."""

from __future__ import annotations

from typing import cast

from faust.app.base import BootStrategy

from streams.batching import WorkerSettings, create_app


def test_no_web_server_is_started_though_the_command_line_asks_for_one() -> None:
    app = create_app(WorkerSettings("test", "127.0.0.1:1", session_timeout=6))
    app.conf.web_enabled = True  # what `faust worker` does without `--without-web`
    assert cast("BootStrategy", app.boot_strategy).web_server() == []
