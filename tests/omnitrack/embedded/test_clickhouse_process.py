"""The server's process: what it keeps, how it ends, when it refuses to start."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import psutil
from clickhouse_driver import Client

from omnitrack.embedded.clickhouse import clickhouse_command
from omnitrack.ports import LOOPBACK
from tests.omnitrack.embedded.clickhouse_process import START_SECONDS, Running, running
from tests.omnitrack.embedded.test_clickhouse_cancel import ENDLESS


def refusal(data_dir: Path, port: int) -> str:
    ended = subprocess.run(
        clickhouse_command(data_dir, port), capture_output=True, text=True, timeout=START_SECONDS, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    return ended.stderr


def test_acknowledged_rows_survive_a_kill_and_a_clean_end(tmp_path: Path) -> None:
    with running(tmp_path / "data", tmp_path / "log") as first, first.client() as client:
        client.execute("CREATE DATABASE kept")
        client.execute("CREATE TABLE kept.t (a UInt32) ENGINE = ReplacingMergeTree ORDER BY a")
        for start in range(0, 5000, 1000):
            client.execute("INSERT INTO kept.t VALUES", [(a,) for a in range(start, start + 1000)])
        first.process.kill()
        first.process.wait()
    with running(tmp_path / "data", tmp_path / "log") as second, second.client(database="kept") as client:
        assert client.execute("SELECT count() FROM t") == [(5000,)]
        client.execute("INSERT INTO t VALUES", [(9999,)])
        client.connection.send_query(ENDLESS)
        client.connection.send_external_tables([])
        second.process.send_signal(signal.SIGTERM)
        assert second.process.wait(START_SECONDS) == 0, (tmp_path / "log").read_text()
    assert list((tmp_path / "data" / "incoming").iterdir()) == []
    with running(tmp_path / "data", tmp_path / "log") as third:
        with third.client(database="kept") as client:
            assert client.execute("SELECT count() FROM t") == [(5001,)]
        third.process.send_signal(signal.SIGINT)
        assert third.process.wait(START_SECONDS) == 0


def test_a_busy_port_is_refused_in_one_line(server: Running, tmp_path: Path) -> None:
    why = refusal(tmp_path / "data", server.port)
    assert why.startswith(f"embedded ClickHouse: cannot listen on {LOOPBACK}:{server.port}")
    assert why.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_a_data_directory_in_use_is_refused_in_one_line(server: Running) -> None:
    why = refusal(server.data_dir, 0)
    assert why.startswith(f"embedded ClickHouse: {server.data_dir} is in use by another")
    assert why.count("\n") == 1


def test_a_data_directory_that_is_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a directory")
    why = refusal(tmp_path / "data", 0)
    assert why.startswith(f"embedded ClickHouse: {tmp_path / 'data'} cannot be used")
    assert why.count("\n") == 1


def test_it_listens_on_loopback_alone(server: Running) -> None:
    listening = [
        connection.laddr
        for connection in psutil.Process(server.process.pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening == [(LOOPBACK, server.port)]


def test_memory_is_bounded(server: Running) -> None:
    with server.client() as client:
        query = "SELECT toUInt64(value) FROM system.server_settings WHERE name = 'max_server_memory_usage'"
        bound = client.execute(query)[0][0]
    assert 0 < bound < psutil.virtual_memory().total / 2


def test_a_small_insert_makes_one_file(client: Client) -> None:
    client.execute("CREATE TABLE t (a UInt32, b String) ENGINE = MergeTree PARTITION BY a ORDER BY b")
    client.execute("INSERT INTO t VALUES", [(1, "b")])
    [(storage, path)] = client.execute(
        "SELECT part_storage_type, path FROM system.parts WHERE database = currentDatabase()"
    )
    assert storage == "Packed"
    assert len(list(Path(path).iterdir())) == 1


def test_tables_are_merged_as_they_are_configured(client: Client) -> None:
    query = "SELECT name, value FROM system.merge_tree_settings WHERE changed"
    assert dict(client.execute(query)) == {"min_bytes_for_full_part_storage": "10485760", "merge_selector_base": "20"}


def test_wrong_arguments_are_told(tmp_path: Path) -> None:
    command = [*clickhouse_command(tmp_path, 0)[:-1], "http"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS, check=False)
    assert ended.returncode == 2
    assert "--port: invalid int value: 'http'" in ended.stderr
