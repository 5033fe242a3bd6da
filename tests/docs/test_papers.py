"""The documents lead where they say, the two READMEs are one, and no decision is missing from its list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from omnitrack.cli import app
from tests.docs.markdown import anchors_of, blocks_of, dead_links, documents, links_of, what_is_wrong
from tests.support.tracked import ROOT

README, CHINESE = ROOT / "README.md", ROOT / "README.zh.md"
DECISIONS = ROOT / "docs" / "decisions"
OF_ONE_LANGUAGE = {"mermaid"}
EACH_OTHER = {"README.md", "README.zh.md"}


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    assert dead_links(document) == []


def test_a_link_that_leads_nowhere_is_found() -> None:
    good = ("architecture.md#settings", "../deploy", "https://elsewhere.example/")
    bad = ("nowhere.md", "architecture.md#nowhere", "../../outside")
    document = ROOT / "docs" / "explorer.md"
    assert [link for link in (*good, *bad) if what_is_wrong(document, link)] == list(bad)


def test_anchors_are_those_of_github() -> None:
    titles = "# What *now*?\n## `up`, and `down`\n## 数据 平台\n## What now\n"
    assert anchors_of(titles) == ["what-now", "up-and-down", "数据-平台", "what-now-1"]


def test_both_readmes_have_the_same_commands() -> None:
    english, chinese = (
        [block for block in blocks_of(readme.read_text()) if block.language not in OF_ONE_LANGUAGE]
        for readme in (README, CHINESE)
    )
    assert english == chinese
    assert any(block.language == "sh" for block in english)


def test_both_readmes_have_the_same_chapters_and_lead_to_the_same_places() -> None:
    english, chinese = README.read_text(), CHINESE.read_text()
    assert _levels(english) == _levels(chinese)
    assert _elsewhere(english) == _elsewhere(chinese)


def test_every_command_in_the_readme_exists() -> None:
    known = set(typer.main.get_group(app).commands)
    blocks = blocks_of(README.read_text())
    named = {name for block in blocks for name in re.findall(r"^omnitrack ([a-z-]+)", block.text, re.MULTILINE)}
    assert named - {"--help"} <= known
    targets = {target for block in blocks for target in re.findall(r"^make ([a-z ]+)", block.text, re.MULTILINE)}
    makefile = (ROOT / "Makefile").read_text()
    assert all(f"\n{target}:" in makefile for line in targets for target in line.split())


def test_every_decision_is_listed_under_its_title() -> None:
    listed = re.findall(r"^(\d+)\. \[(.+)\]\((.+)\)$", (DECISIONS / "README.md").read_text(), re.MULTILINE)
    records = sorted(DECISIONS.glob("[0-9]*.md"))
    titles = [record.read_text().splitlines()[0] for record in records]
    assert [(f"# {number}. {title}", name) for number, title, name in listed] == [
        (title, record.name) for title, record in zip(titles, records, strict=True)
    ]


def test_the_architecture_leads_to_every_decision_in_force() -> None:
    told = links_of((ROOT / "docs" / "architecture.md").read_text())
    in_force = [record for record in DECISIONS.glob("[0-9]*.md") if "replaced by" not in record.read_text()[:300]]
    assert [record.name for record in in_force if f"decisions/{record.name}" not in told] == []


def _levels(text: str) -> list[int]:
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return [len(marks) for marks in re.findall(r"^(#+) ", outside, re.MULTILINE)]


def _elsewhere(text: str) -> list[str]:
    """The links out of the document; headings within it have names in its own language."""
    return sorted(link for link in links_of(text) if link not in EACH_OTHER and not link.startswith(("#", "%")))
