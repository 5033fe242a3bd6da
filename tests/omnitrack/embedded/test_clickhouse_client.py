"""ClickHouse's own client, of whatever version the machine has: Debian's speaks a revision of 2018."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time

import pytest
from clickhouse_driver import Client

from omnitrack.ports import LOOPBACK
from tests.omnitrack.embedded.clickhouse_process import Running
from tests.omnitrack.embedded.test_clickhouse_cancel import ENDLESS, wait_for_queries

PROGRAM = shutil.which("clickhouse-client")

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no clickhouse-client: install Debian's package of that name")


def command(server: Running, query: str, *options: str) -> list[str]:
    return [str(PROGRAM), "--host", LOOPBACK, "--port", str(server.port), *options, "-q", query]


def run(server: Running, query: str, *options: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(server, query, *options), input=given, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("compression", ["0", "1"])
def test_results_come_in_the_clients_format(server: Running, compression: str) -> None:
    query = "SELECT number, toString(number) FROM numbers(3) FORMAT CSV"
    ended = run(server, query, "--compression", compression)
    assert (ended.returncode, ended.stdout) == (0, '0,"0"\n1,"1"\n2,"2"\n')


def test_a_result_of_many_blocks_is_complete(server: Running) -> None:
    ended = run(server, "SELECT number FROM numbers(300000)", "--max_block_size", "10000")
    assert (ended.returncode, ended.stdout.count("\n")) == (0, 300_000)


def test_rows_are_taken_from_the_text_and_from_the_input(server: Running, client: Client, database: str) -> None:
    client.execute("CREATE TABLE t (a UInt8, b String) ENGINE = Memory")
    assert run(server, "INSERT INTO t VALUES (1, 'x')", "--database", database).returncode == 0
    lines = '{"a": 2, "b": "y"}\n{"a": 3, "b": "z"}\n'
    assert run(server, "INSERT INTO t FORMAT JSONEachRow", "--database", database, given=lines).returncode == 0
    assert client.execute("SELECT * FROM t ORDER BY a") == [(1, "x"), (2, "y"), (3, "z")]


def test_a_failure_is_told_with_its_code(server: Running) -> None:
    ended = run(server, "SELECT nope")
    assert ended.returncode == 47
    assert "UNKNOWN_IDENTIFIER" in ended.stderr


def test_settings_are_taken_from_the_command_line(server: Running) -> None:
    assert run(server, "SELECT getSetting('max_threads')", "--max_threads", "1").stdout == "1\n"


def test_interrupting_the_client_ends_its_query(server: Running, client: Client) -> None:
    with subprocess.Popen(command(server, ENDLESS), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wait_for_queries(client, 1)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    wait_for_queries(client, 0)
