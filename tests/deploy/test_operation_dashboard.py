"""The dashboard of operation: its queries are PromQL on meters that there are, and its panels hold together."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path, PurePosixPath
from typing import Any

from ruamel.yaml import YAML

from tests.deploy.grafana import PROVISIONING
from tests.deploy.test_prometheus import known_meters
from tests.support.debian import require_program

DATA_SOURCE = {"type": "prometheus", "uid": "omnitrack-prometheus"}
BOARD: dict[str, Any] = json.loads((PROVISIONING / "dashboards" / "operation" / "operation.json").read_text())
QUERIES = [target["expr"] for panel in BOARD["panels"] for target in panel["targets"]]


def provisioned(kind: str, name: str) -> dict[str, Any]:
    [one] = YAML(typ="safe").load(PROVISIONING / kind / f"{name}.yaml")[{"dashboards": "providers"}.get(kind, kind)]
    found: dict[str, Any] = one
    return found


def test_every_query_is_promql(tmp_path: Path) -> None:
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(QUERIES)]
    file = tmp_path / "queries.json"
    file.write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
    command = [require_program("promtool"), "check", "rules", str(file)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_every_query_asks_for_meters_that_there_are() -> None:
    asked = {name for query in QUERIES for name in re.findall(r"\b(?:omnitrack|process)_\w+", query)}
    assert {re.sub("_(total|bucket|sum|count)$", "", name) for name in asked} <= known_meters()


def test_each_panel_tells_what_it_shows_in_which_unit_and_reads_from_the_provisioned_source() -> None:
    assert {key: provisioned("datasources", "prometheus")[key] for key in DATA_SOURCE} == DATA_SOURCE
    for panel in BOARD["panels"]:
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert all(part["datasource"] == DATA_SOURCE for part in (panel, *panel["targets"]))


def test_panels_do_not_overlap_and_have_numbers_and_titles_of_their_own() -> None:
    panels = BOARD["panels"]
    for key in ("id", "title"):
        assert len({panel[key] for panel in panels}) == len(panels)
    places = [panel["gridPos"] for panel in panels]
    cells = [
        (x, y) for it in places for x in range(it["x"], it["x"] + it["w"]) for y in range(it["y"], it["y"] + it["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_the_provider_finds_it_where_it_is_mounted() -> None:
    path = PurePosixPath(provisioned("dashboards", "operation")["options"]["path"])
    assert (PROVISIONING / path.relative_to("/etc/grafana/provisioning") / "operation.json").exists()
