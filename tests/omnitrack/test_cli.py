"""The command line imports what is called, lists the rest, and ends quietly when Ctrl-C comes while it imports."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from omnitrack.cli import app, command
from omnitrack.commands import COMMANDS

WAITING = "import time\nprint('importing', flush=True)\ntime.sleep(600)\n"
TAKEN_FOR_ITS_OWN = (
    "import time\ntry:\n    print('importing', flush=True)\n    time.sleep(600)\n"
    "except BaseException:\n    raise ImportError('cannot be loaded')\n"
)


@pytest.mark.parametrize("arguments", [("catalogue",), ("schema", "asyncapi"), ("--help",)])
def test_where_there_is_no_room_for_what_it_prints_it_says_so_in_a_line(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "omnitrack", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (2, "omnitrack: what it prints: No space left on device\n")


def test_what_a_terminal_cannot_show_is_told_by_its_number(tmp_path: Path) -> None:
    (tmp_path / "catalogue.yaml").write_text("horizon: 90d\n")
    tests = tmp_path / "tests.yaml"
    tests.write_text(
        "catalogue: catalogue.yaml\ntests:\n  - name: 流失\n    now: 2026-11-25T12:00:00+08:00\n"
        "    touchpoints: [{channel: branch, ago: 5m}]\n    alerts: []\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "omnitrack", "rules", "test", str(tests)],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "latin-1"},
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"ok     \u6d41\u5931 (0 alerts)" in done.stdout


def test_a_place_that_cannot_be_written_to_is_named_without_a_traceback(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.touch()
    done = subprocess.run(
        [sys.executable, "-m", "omnitrack", "up", "--data-dir", str(taken / "data"), "--kafka-port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert re.fullmatch(f"omnitrack: {taken}/data.*: Not a directory\n", done.stderr)


@pytest.mark.parametrize("name", COMMANDS)
def test_what_the_list_says_of_a_command_is_how_its_own_help_begins(name: str) -> None:
    first, _, _ = command(name).help.partition("\n\n")
    assert " ".join(first.split()) == COMMANDS[name][1]


def test_to_list_the_commands_imports_none_of_them() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from omnitrack.cli import app;"
        "print(CliRunner().invoke(app, ['--help']).output);"
        "print('imported:', [name for name in sys.modules if name.startswith('omnitrack.commands.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert "imported: []" in done.stdout
    assert all(f" {name} " in done.stdout for name in COMMANDS)


def test_a_command_that_is_not_there_is_told_with_one_that_is_near() -> None:
    result = CliRunner().invoke(app, ["statu"])
    assert result.exit_code == 2
    assert "Did you mean 'status'?" in result.stderr


def test_groups_offer_their_own_commands_and_nothing_of_the_program() -> None:
    result = CliRunner().invoke(app, ["dead", "--help"])
    assert result.exit_code == 0
    assert "replay" in result.stdout
    assert "install-completion" not in result.stdout
    assert isinstance(command("dead"), typer.core.TyperGroup)


@pytest.mark.parametrize("module", [WAITING, TAKEN_FOR_ITS_OWN], ids=["interrupted", "taken for an error"])
@pytest.mark.parametrize(
    ("slow", "arguments"), [("typer", ["--help"]), ("clickhouse_driver", ["status"])], ids=["program", "command"]
)
def test_ctrl_c_during_imports_ends_it_without_a_word(
    tmp_path: Path, module: str, slow: str, arguments: list[str]
) -> None:
    (tmp_path / f"{slow}.py").write_text(module)
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    program = [sys.executable, "-m", "omnitrack", *arguments]
    with subprocess.Popen(program, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=60)
    assert (process.returncode, rest, errors) == (130, "", "")
