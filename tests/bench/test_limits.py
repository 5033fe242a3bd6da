from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench import limits


def test_a_process_enters_its_group_itself_before_it_begins(tmp_path: Path) -> None:
    command = limits.within(tmp_path, (sys.executable, "-c", "import os; print(os.getpid())"))

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert (tmp_path / limits.MEMBERS).read_text() == done.stdout


def test_a_machine_that_lets_nobody_make_a_group_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ROOT", tmp_path / "nowhere")

    with pytest.raises(SystemExit, match=r"cannot limit processes to 0\.5 cores: .*nowhere.*leave --worker-cores out"):
        limits.group("example", 0.5).__enter__()
