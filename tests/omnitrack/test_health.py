"""The health check of the container image."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from omnitrack.health import main
from omnitrack.ports import LOOPBACK, free_port


class Answering(BaseHTTPRequestHandler):
    """Well on `/health`, unless its server is ill."""

    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.send_response(200 if self.path == "/health" and self.server.well else 500)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


class Server(HTTPServer):
    well = True


@pytest.fixture
def server() -> Iterator[Server]:
    with Server((LOOPBACK, 0), Answering) as serving:
        thread = Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


def test_a_process_that_answers_is_well(server: Server) -> None:
    assert main([], {"OMNITRACK_METRICS_PORT": str(server.server_port)}) == 0


def test_the_port_given_is_the_one_that_is_asked(server: Server) -> None:
    assert main([str(server.server_port)], {"OMNITRACK_METRICS_PORT": str(free_port())}) == 0


def test_another_answer_is_told(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.well = False
    assert main([str(server.server_port)], {}) == 1
    assert capsys.readouterr().err == f"http://127.0.0.1:{server.server_port}/health: it answers 500\n"


def test_a_process_that_is_gone_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(free_port())], {}) == 1
    assert "/health: no answer" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["http://127.0.0.1"], ["1", "2"]])
def test_wrong_usage_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments, {}) == 2
    assert capsys.readouterr().err.startswith("usage: ")
