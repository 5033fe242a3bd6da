"""`omnitrack report` writes a month on one page that needs nothing else, whose numbers are those of the metrics."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from omnitrack.cli import app
from omnitrack.metrics.wording import number_text
from schemas.catalogue import load_catalogue
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.settings import ClickHouseSettings
from sources.simulator import Plan
from tests.support.clickhouse import fresh_database
from tests.support.filled import simulated_bank, store

CATALOGUE = load_catalogue(Path(__file__).parents[3] / "deploy" / "catalogue.yaml")
DAY = 86_400_000
APRIL = round(datetime(2026, 4, 1, tzinfo=UTC).timestamp() * 1000)
VOID = {"meta", "br"}
TAGS = re.compile(r"<style.*?</style>|<code>.*?</code>|<[^>]*>", re.DOTALL)
# Names of data and of things that have no other name in Chinese.
LATIN = {"n", "CST", "CSAT", "NPS", "CES", "Asia", "Shanghai", "omnitrack", "ClickHouse"}


@pytest.fixture(scope="module")
def bank(clickhouse_url: str) -> Iterator[ClickHouseSettings]:
    """Two months of a small bank."""
    with fresh_database(clickhouse_url) as settings:
        migrate(settings, CATALOGUE)
        store(settings, simulated_bank(Plan(since=APRIL - 50 * DAY, customers=150), CATALOGUE, APRIL + 20 * DAY).tables)
        yield settings


@pytest.fixture(scope="module")
def page(bank: ClickHouseSettings, tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("report") / "report.html"
    result = report(bank, "--month", "2026-03", "-o", str(file))
    assert result.exit_code == 0, result.output
    assert f"wrote {file}: March 2026" in result.stdout
    return file.read_text()


def report(settings: ClickHouseSettings, *options: str) -> Result:
    return CliRunner().invoke(app, ["report", "--clickhouse", settings.clickhouse.get_secret_value(), *options])


def test_the_page_needs_nothing_else(page: str) -> None:
    assert len(page) < 300_000
    assert not re.search(r"<script|<link|<iframe|@import|url\((?!#)", page)
    assert all(it.startswith("data:") for it in re.findall(r'(?:src|href)="([^#"][^"]*)"', page))
    assert set(re.findall(r"https?://[^\"' <]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_the_page_is_well_formed(page: str) -> None:
    class Parser(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in VOID:
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    parser = Parser()
    parser.feed(page)
    assert parser.open == []
    for drawing in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        assert ET.fromstring(drawing).find("{http://www.w3.org/2000/svg}title") is not None  # noqa: S314 -- our own


@pytest.mark.parametrize(
    ("name", "column", "kind"),
    [
        ("journeys", "rate", "share"),
        ("handoff_success", "rate", "share"),
        ("first_contact_resolution", "rate", "share"),
        ("promise_kept", "rate", "share"),
        ("wait", "rate", "share"),
        ("consistency_index", "score", "points"),
        ("completion_parity", "parity", "ratio"),
        ("satisfaction", "csat_mean", "points"),
    ],
)
def test_its_numbers_are_those_of_the_metrics(
    bank: ClickHouseSettings, page: str, name: str, column: str, kind: str
) -> None:
    url = bank.clickhouse.get_secret_value()
    grouped = [] if name in ("consistency_index", "completion_parity") else ["--by", ""]
    period = ["--since", "2026-03", "--until", "2026-04", "--format", "json"]
    asked = CliRunner().invoke(app, ["metrics", name, "--clickhouse", url, *period, *grouped])
    [row] = json.loads(asked.stdout)
    shown = number_text(kind, row[column]).replace(" ", "\u00a0")
    assert f"<b>{shown}</b>" in page
    if name != "completion_parity":
        assert f"n {row['n']:,}" in page


def test_it_says_what_stands_out_and_what_the_numbers_mean(page: str) -> None:
    assert "journeys began; of the" in page
    assert "holds it down most" in page
    assert "The most frequent failure when customers change channel is" in page
    assert "smooth ÷ (smooth + failed)" in page
    assert "days of Asia/Shanghai" in page
    assert "not over yet" not in page


def test_the_chinese_page_has_the_numbers_of_the_english_one_and_no_english_words(
    bank: ClickHouseSettings, page: str, tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    done = report(bank, "--month", "2026-03", "-o", str(file), "--language", "zh")
    assert done.exit_code == 0, done.output
    chinese = file.read_text()
    assert '<html lang="zh">' in chinese
    assert "2026 年 3 月" in chinese
    assert numbers(chinese) == numbers(page)
    settings = bank.database, bank.address
    shown = TAGS.sub(" ", chinese)
    for name in settings:
        shown = shown.replace(name, " ")
    findings = shown[shown.index("跨渠道客户体验月报") : shown.index("指标含义")]
    assert set(re.findall(r"[A-Za-z]+", findings)) - LATIN - answers(page) == set()


def numbers(page: str) -> list[str]:
    """What tiles and the matrix show."""
    return re.findall(r"<b>([^<]*)</b>|<td class=\"\w*\" style=[^>]*>([^<]*)<small>([\d,]+)", page)


def answers(page: str) -> set[str]:
    """Words of the bank's own answers, which nobody translates."""
    told = re.findall(r'<td class="text">([^<]*→[^<]*)</td><td class="text">', page)
    return {word for text in told for word in re.findall(r"[A-Za-z]+", text)}


def test_a_first_month_has_none_before_it(bank: ClickHouseSettings, tmp_path: Path) -> None:
    assert report(bank, "--month", "2026-02", "-o", str(tmp_path / "r.html")).exit_code == 0
    assert "no month before" in (tmp_path / "r.html").read_text()


def test_a_month_without_anything_says_which_there_are(bank: ClickHouseSettings, tmp_path: Path) -> None:
    result = report(bank, "--month", "2025-01", "-o", str(tmp_path / "r.html"))
    assert result.exit_code == 2
    assert "nothing was observed in 2025-01: there are journeys from 2026-02 to 2026-04" in result.stderr
    assert not (tmp_path / "r.html").exists()


def test_an_empty_database_is_told(clickhouse: ClickHouseSettings, tmp_path: Path) -> None:
    result = report(clickhouse, "--month", "2026-03", "-o", str(tmp_path / "r.html"))
    assert (result.exit_code, result.stderr) == (2, "report: nothing was observed in 2026-03: there is nothing\n")


def test_a_bad_month_is_told(bank: ClickHouseSettings, tmp_path: Path) -> None:
    result = report(bank, "--month", "March", "-o", str(tmp_path / "r.html"))
    assert result.exit_code == 2
    assert "--month: 'March' is no month: give one such as 2026-03" in result.stderr


def test_a_file_that_cannot_be_written_is_told(bank: ClickHouseSettings, tmp_path: Path) -> None:
    result = report(bank, "--month", "2026-03", "-o", str(tmp_path / "nowhere" / "r.html"))
    assert result.exit_code == 2
    assert "nowhere/r.html: No such file or directory" in result.stderr


def test_an_absent_server_is_one_line(tmp_path: Path) -> None:
    options = ["--clickhouse", "clickhouse://ana:s3cret@127.0.0.1:1/omnitrack", "-o", str(tmp_path / "r.html")]
    result = CliRunner().invoke(app, ["report", "--month", "2026-03", *options])
    assert result.exit_code == 2
    assert result.stderr.startswith("report: ClickHouse does not answer at 127.0.0.1:1")
    assert "s3cret" not in result.output
