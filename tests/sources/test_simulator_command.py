"""`omnitrack simulate` as an operator runs it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from omnitrack.cli import app


def test_history_and_truth_go_to_files(tmp_path: Path) -> None:
    out, truth = tmp_path / "touchpoints.jsonl", tmp_path / "truth.jsonl"
    arguments = ["simulate", "--days", "2", "--customers", "100", "--dirt", "0.1"]
    result = CliRunner().invoke(app, [*arguments, "--out", str(out), "--truth", str(truth)])
    assert result.exit_code == 0, result.output
    records = out.read_bytes().count(b"\n")
    assert f"{records:,} records" in result.output
    kinds = Counter(msgspec.json.decode(line)["kind"] for line in truth.read_bytes().splitlines())
    assert set(kinds) == {"journey", "handoff", "promise", "dirt", "clock"}


def test_live_play_goes_on_until_ctrl_c_and_ends_with_a_summary(tmp_path: Path) -> None:
    out = tmp_path / "touchpoints.jsonl"
    command = [sys.executable, "-m", "omnitrack", "simulate", "--live", "--rate", "300", "--out", str(out)]
    play = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while not has_records(out) and time.monotonic() < deadline:
            time.sleep(0.1)
        play.send_signal(signal.SIGINT)
        errors = play.communicate(timeout=60)[1]
    finally:
        play.kill()
    assert play.returncode == 0, errors
    assert "must become" in errors
    assert out.read_bytes().count(b"\n") > 0


def has_records(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--out", "a.jsonl", "--kafka", "127.0.0.1:9092"], "not both"),
        (["--out", "a.jsonl", "--days", "400"], "at most 44"),
        (["--out", "no/such/folder/a.jsonl", "--days", "0.1"], "no/such/folder"),
        (["--out", "a.jsonl", "--catalogue", "none.yaml"], "none.yaml"),
    ],
)
def test_what_cannot_be_done_is_told_with_exit_code_2(
    arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["simulate", *arguments])
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())
