"""A short round of chaos, the same every time; `make chaos` plays long ones, drawn from any seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.rounds import play
from tests.chaos.schedule import SHORT, Schedule


@pytest.mark.chaos
def test_at_rest_the_rows_are_the_pure_functions_and_every_record_has_one_fate(
    local_apache_kafka: None, tmp_path: Path
) -> None:
    schedule = Schedule.parse(SHORT.read_text())
    report = play(schedule, tmp_path, print)
    assert not report.differences, f"{schedule}\n{report}\nlogs: {tmp_path}"
    assert report.struck.total() >= len(schedule.strikes) * 2 / 3, report
