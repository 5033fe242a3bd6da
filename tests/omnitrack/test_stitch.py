"""`omnitrack stitch`: files in, the rows of the pure function out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from omnitrack.cli import app

GOLDEN = sorted((Path(__file__).parents[2].parent / "shared" / "golden").glob("*.json"))
NOW = "2026-04-01T09:00:00+08:00"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["stitch", *arguments])


def write_catalogue(folder: Path, intents: dict[str, Any]) -> Path:
    lines = ["horizon: unlimited", "intents:"]
    for name, rules in intents.items():
        lines.append(f"  {name}:")
        lines += [f"    {key}: {rules[f'{key}_ms'] // 1000}s" for key in ("inactivity", "handoff_window")]
        lines.append(f"    wait_standard: {json.dumps(rules['wait_standard'])}")
    path = folder / "catalogue.yaml"
    path.write_text("\n".join(lines))
    return path


def touchpoint(**fields: object) -> dict[str, object]:
    return {
        "schema_version": 1,
        "event_id": "1",
        "channel": "atm",
        "occurred_at": "2026-03-02T09:00:00Z",
        "identities": {"customer_no": "C-1"},
        "touchpoint": "cash.withdrawn",
        "stage": "serve",
        "intent": "transfer",
        "details": {"terminal_id": "A-1", "service": "withdraw"},
        **fields,
    }


@pytest.mark.skipif(not GOLDEN, reason="no worked cases: ../shared/golden is not there")
@pytest.mark.parametrize("case", GOLDEN, ids=lambda path: path.stem[:40])
def test_the_worked_cases_come_out_to_the_letter(case: Path, tmp_path: Path) -> None:
    worked = json.loads(case.read_text())
    catalogue = write_catalogue(tmp_path, worked["intents"])
    result = run(str(case), "--now", worked["now"], "--catalogue", str(catalogue))
    assert result.exit_code == 0
    assert json.loads(result.stdout) == worked["expect"]


def test_the_catalogue_is_that_of_the_environment_unless_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, short, long = (tmp_path / name for name in ("touchpoints.jsonl", "short.yaml", "long.yaml"))
    later = touchpoint(event_id="2", occurred_at="2026-03-04T09:00:00Z")
    file.write_text("\n".join(map(json.dumps, (touchpoint(), later))))
    for catalogue, inactivity in ((short, "24h"), (long, "72h")):
        catalogue.write_text(f"intents: {{transfer: {{inactivity: {inactivity}}}}}")
    monkeypatch.setenv("OMNITRACK_CATALOGUE", str(short))
    assert len(json.loads(run(str(file), "--now", NOW).stdout)["journeys"]) == 2
    assert len(json.loads(run(str(file), "--now", NOW, "--catalogue", str(long)).stdout)["journeys"]) == 1


def test_a_refused_touchpoint_is_told_by_file_line_and_field_and_the_others_are_used(tmp_path: Path) -> None:
    file = tmp_path / "touchpoints.jsonl"
    file.write_text("\n".join(json.dumps(each) for each in (touchpoint(), touchpoint(event_id="2", stage="nap"))))
    result = run(str(file), "--now", NOW)
    assert result.exit_code == 1
    assert f"{file}:2: schema: stage" in result.stderr
    assert [each["event_id"] for each in json.loads(result.stdout)["assignment"]] == ["1"]


def test_a_touchpoint_that_contradicts_an_earlier_one_is_told_and_one_that_repeats_it_is_not(tmp_path: Path) -> None:
    file = tmp_path / "touchpoints.jsonl"
    given = (touchpoint(), touchpoint(), touchpoint(outcome="succeeded"))
    file.write_text("\n".join(json.dumps(each) for each in given))
    result = run(str(file), "--now", NOW)
    assert result.exit_code == 1
    assert result.stderr == f"{file}:3: conflict: event_id: atm has '1' already, with other content; the first stays\n"
    assert [each["status"] for each in json.loads(result.stdout)["journeys"]] == ["abandoned"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["missing.jsonl"], "missing.jsonl: no such file"),
        (["-", "--now", "yesterday"], "--now: 'yesterday' is no time"),
        (["-", "--now", "2026-04-01T09:00:00"], "has no offset"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(arguments: list[str], told: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1
