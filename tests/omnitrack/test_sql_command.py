"""`omnitrack sql` asks ClickHouse and prints the rows; an error is one line with ClickHouse's code, exit code 1."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
from typer.testing import CliRunner, Result

from omnitrack.cli import app
from sinks.clickhouse.client import connect
from sinks.clickhouse.settings import ClickHouseSettings


def sql(url: str, *arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(
        app, ["sql", "--clickhouse", f"{url.rpartition('/')[0]}/default", *arguments], input=stdin
    )


def test_rows_are_printed_as_a_table(clickhouse_url: str) -> None:
    result = sql(clickhouse_url, "SELECT 'branch' AS channel, 3 AS visits, NULL AS nothing")
    assert result.exit_code == 0
    assert [word for word in result.stdout.split() if word.isalnum()] == [
        *("channel", "visits", "nothing"),
        *("branch", "3", "NULL"),
    ]


def test_json_keeps_types_and_prints_times_and_ids_as_text(clickhouse_url: str) -> None:
    query = (
        "SELECT toDateTime64('2026-11-24 04:05:06.120', 3, 'UTC') AS at, toUUID('0b0d8c2e-54a5-5f0e-9a0e-111111111111')"
        " AS id, map('fee', '12') AS answers, [1, 2] AS list, 1.5 AS wait, NULL AS nothing"
    )
    result = sql(clickhouse_url, query, "--format", "json")
    assert json.loads(result.stdout) == [
        {
            "at": "2026-11-24 04:05:06.120",
            "id": "0b0d8c2e-54a5-5f0e-9a0e-111111111111",
            "answers": {"fee": "12"},
            "list": [1, 2],
            "wait": 1.5,
            "nothing": None,
        }
    ]


@pytest.mark.parametrize(
    ("form", "printed"),
    [
        ("csv", 'a,b\n1,"x,y"\n'),
        ("tsv", "a\tb\n1\tx,y\n"),
        ("json", '[{"a":1,"b":"x,y"}\n]\n'),
    ],
)
def test_formats_for_programs(clickhouse_url: str, form: str, printed: str) -> None:
    assert sql(clickhouse_url, "SELECT 1 AS a, 'x,y' AS b", "--format", form).stdout == printed


def test_no_rows_are_an_empty_array(clickhouse_url: str) -> None:
    assert json.loads(sql(clickhouse_url, "SELECT 1 WHERE 0", "--format", "json").stdout) == []


@pytest.mark.parametrize("value", ["C-1", "it's", "x' OR '1'='1", "back\\slash", "größe\t卡"])
def test_parameters_are_values_never_sql(clickhouse_url: str, value: str) -> None:
    query = "SELECT {customer:String} AS customer"
    result = sql(clickhouse_url, query, "--param", f"customer={value}", "--format", "json")
    assert json.loads(result.stdout) == [{"customer": value}]


def test_statements_are_read_from_stdin_and_run_in_order(clickhouse: ClickHouseSettings) -> None:
    url = clickhouse.clickhouse.get_secret_value()
    script = "CREATE TABLE t (x Int8) ENGINE = Memory; INSERT INTO t VALUES (7); -- the end;\nSELECT x FROM t;"
    result = CliRunner().invoke(app, ["sql", "--clickhouse", url, "--format", "tsv", "-"], input=script)
    assert (result.exit_code, result.stdout) == (0, "x\n7\n")


def test_an_error_is_one_short_line_with_clickhouses_code(clickhouse_url: str) -> None:
    result = sql(clickhouse_url, "SELECT no_such_column")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("sql: ClickHouse error 47: ")
    assert "no_such_column" in result.stderr
    assert "Stack trace" not in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [["SELECT 1", "--param", "customer"], ["SELECT 1", "--param", "=1"], ["-- nothing"]]
)
def test_wrong_usage_is_exit_code_2(clickhouse_url: str, arguments: list[str]) -> None:
    assert sql(clickhouse_url, *arguments).exit_code == 2


def test_many_rows_pass_through(clickhouse_url: str) -> None:
    result = sql(clickhouse_url, "SELECT number FROM numbers(100000)", "--format", "tsv")
    assert result.stdout.count("\n") == 100_001


def test_ctrl_c_cancels_and_leaves_the_server_well(clickhouse_url: str) -> None:
    url = f"{clickhouse_url.rpartition('/')[0]}/default"
    endless = "SELECT sleepEachRow(0.5) AS slept FROM numbers(1000) SETTINGS max_block_size = 1"
    command = [sys.executable, "-m", "omnitrack", "sql", "--clickhouse", url, "--format", "tsv", endless]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "slept\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "sql: cancelled\n")
    client = connect(ClickHouseSettings.of(url))
    assert client.execute("SELECT 1") == [(1,)]
    client.disconnect()
