"""A query that its client gives up ends, and nobody else notices."""

from __future__ import annotations

import socket
import time
from threading import Thread

from clickhouse_driver import Client
from clickhouse_driver.errors import Error

from omnitrack.ports import LOOPBACK
from tests.omnitrack.embedded.clickhouse_process import Running

ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))"
SECONDS = 60.0


def running_queries(client: Client) -> int:
    query = "SELECT count() FROM system.processes WHERE startsWith(query, %(text)s)"
    return int(client.execute(query, {"text": ENDLESS})[0][0])


def wait_for_queries(client: Client, number: int) -> None:
    deadline = time.monotonic() + SECONDS
    while running_queries(client) != number:
        assert time.monotonic() < deadline, f"{running_queries(client)} queries still run, not {number}"
        time.sleep(0.05)


def test_a_query_ends_when_its_client_goes_away(server: Running, client: Client) -> None:
    leaver = server.client()
    leaver.execute("SELECT 1")
    leaver.connection.send_query(ENDLESS)
    leaver.connection.send_external_tables([])
    wait_for_queries(client, 1)
    leaver.disconnect()
    wait_for_queries(client, 0)


def test_a_cancelled_query_ends_without_an_error_and_leaves_the_connection_usable(
    server: Running, client: Client
) -> None:
    with server.client() as canceller:
        canceller.execute("SELECT 1")
        canceller.connection.send_query(ENDLESS)
        canceller.connection.send_external_tables([])
        wait_for_queries(client, 1)
        assert canceller.cancel() == []
        assert canceller.execute("SELECT 2") == [(2,)]
    wait_for_queries(client, 0)


def test_a_result_may_be_cancelled_in_its_midst(server: Running) -> None:
    with server.client() as client:
        rows = client.execute_iter("SELECT number FROM numbers(1000000000)")
        assert next(rows) == (0,)
        client.cancel()
        assert client.execute("SELECT 2") == [(2,)]


def test_a_killed_query_is_a_failed_one(server: Running, client: Client) -> None:
    codes: list[int] = []

    def runs() -> None:
        with server.client() as victim:
            try:
                victim.execute(ENDLESS)
            except Error as error:
                codes.append(error.code)

    thread = Thread(target=runs)
    thread.start()
    wait_for_queries(client, 1)
    client.execute("KILL QUERY WHERE startsWith(query, %(text)s) SYNC", {"text": ENDLESS})
    thread.join()
    assert codes == [394]


def test_what_is_no_native_protocol_is_told_so(server: Running) -> None:
    with socket.create_connection((LOOPBACK, server.port)) as browser:
        browser.sendall(b"GET / HTTP/1.1\r\n\r\n")
        answer = b"".join(iter(lambda: browser.recv(4096), b""))
    assert b"native protocol" in answer
