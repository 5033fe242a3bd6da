"""`python -m bench`: measures, goes on after what fails, and makes tables, plots and a document of it."""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench import tables
from bench.measurements import MEASUREMENTS, WITH_MANY_CUSTOMERS, Measurement
from bench.peers.__main__ import PEERS
from bench.report import Report, Row, add_json_option
from bench.stitch_profile import by_module

ROOT = Path(__file__).parents[2]


def test_a_quick_measurement_is_in_the_table_and_the_others_are_said_to_be_missing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "--quick", "--only", "decode_throughput", "--results", str(tmp_path)]

    subprocess.run(command, cwd=ROOT, check=True, timeout=120, stdout=subprocess.DEVNULL)

    found = tables.load(tmp_path / "decode_throughput.json")
    written = (tmp_path / "README.md").read_text()
    assert [row["what"] for row in found["rows"]] == ["accepted", "wrong channel", "cut off"]
    assert "| accepted |" in written
    assert "python -m bench --only recovery" in written


def test_one_that_fails_does_not_keep_the_others_from_being_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = Measurement("fails", "Fails", "decode_throughput", quick=("--nonsense",))
    works = Measurement("works", "Works", "state_size", quick=("20",))

    failed = bench.run_all([fails, works], quick=True, results=tmp_path)

    assert list(failed) == ["fails"]
    assert "--nonsense" in failed["fails"]
    assert (tmp_path / "works.json").exists()


def test_every_measurement_has_a_module_and_a_name_of_its_own() -> None:
    assert len({one.name for one in MEASUREMENTS}) == len(MEASUREMENTS)
    assert [one.module for one in MEASUREMENTS if importlib.util.find_spec(f"bench.{one.module}") is None] == []


def test_a_report_tells_its_options_its_machine_and_its_rows(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=5)
    add_json_option(parser)
    options = parser.parse_args(["--json", str(tmp_path / "found.json")])
    report = Report("one", vars(options))
    report.add(what="a", touchpoints_per_s=123_456.789)

    report.write(options.json)

    found = json.loads((tmp_path / "found.json").read_text())
    assert found["options"] == {"count": 5}
    assert found["rows"] == [{"what": "a", "touchpoints_per_s": 123_457.0}]
    assert found["machine"]["cores"] > 0


def test_a_table_has_a_column_for_each_figure_with_its_unit() -> None:
    made = tables.table([{"what": "a", "touchpoints_per_s": 12_345}, {"what": "b", "wall_s": 0.1234}])

    assert made.splitlines() == [
        "| what | touchpoints/s | wall s |",
        "| --- | ---: | ---: |",
        "| a | 12,345 |  |",
        "| b |  | 0.123 |",
    ]


def test_a_document_gets_the_tables_it_asks_for_and_keeps_all_else() -> None:
    text = "before\n<!-- table: a -->\nold\n<!-- end of table -->\nbetween\n<!-- table: b -->\n<!-- end of table -->\n"

    filled = tables.fill(text, {"a": "new\n"}.get)

    assert filled == text.replace("old\n", "new\n").replace("b -->\n", f"b -->\n{tables.MISSING}")
    assert tables.fill(filled, {"a": "new\n"}.get) == filled


def test_the_same_figures_draw_the_same_plot(tmp_path: Path) -> None:
    rows: list[Row] = [{"what": "a", "touchpoints_per_s": 5}, {"what": "b", "touchpoints_per_s": 9}]

    tables.draw(rows, "touchpoints_per_s", "Rates", tmp_path / "plot.svg")
    first = (tmp_path / "plot.svg").read_text()
    tables.draw(rows, "touchpoints_per_s", "Rates", tmp_path / "plot.svg")

    assert (tmp_path / "plot.svg").read_text() == first
    assert "<svg" in first


def test_compiled_functions_count_for_the_module_that_calls_them() -> None:
    here, log = str(ROOT / "streams/journey/log.py"), "streams/journey/log.py"
    stats = {
        (here, 10, "read"): (1, 1, 2.0, 9.0, {}),
        ("~", 0, "<decode>"): (
            3,
            3,
            7.0,
            7.0,
            {(here, 10, "read"): (2, 2, 4.0, 4.0), ("~", 0, "<map>"): (1, 1, 3.0, 3.0)},
        ),
    }

    assert by_module(stats) == {log: 6.0, "libraries": 3.0}


def test_the_peers_that_measurements_name_exist() -> None:
    assert set(WITH_MANY_CUSTOMERS) < {peer.name for peer in PEERS}
