"""When there is nothing, when it takes too long, and when ClickHouse is away: each time a page says what to do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, expect

from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.settings import ClickHouseSettings
from tests.explorer.bank import fill, play
from tests.explorer.conftest import Site, Visit, start_explorer, visit
from tests.explorer.test_looks import keep
from tests.support.clickhouse import EmbeddedClickHouse


@contextmanager
def explorer_on(browser: Browser, url: str, folder: Path, *options: str) -> Iterator[Visit]:
    """A tab on an explorer of this test's own."""
    child, address = start_explorer(url, folder / "explorer.log", *options)
    try:
        visiting = visit(browser, address)
        yield visiting
        visiting.page.context.close()
        assert visiting.strays == []
    finally:
        child.terminate()


def test_from_no_clickhouse_to_numbers_without_loading_the_page_again(browser: Browser, tmp_path: Path) -> None:
    server = EmbeddedClickHouse.start(tmp_path / "clickhouse")
    settings = ClickHouseSettings.of(server.url)
    try:
        server.kill()
        with explorer_on(browser, server.url, tmp_path) as tab:
            page = tab.open("overview")
            expect(page.locator("h1")).to_have_text("ClickHouse does not answer")
            expect(page.locator(".problem")).to_contain_text(settings.address)
            expect(page.locator(".problem")).to_contain_text("omnitrack status")
            keep(page, "trouble-away")

            server.start_again()
            tab.tick(1)
            expect(page.locator("h1")).to_have_text("The tables or views are not there")
            expect(page.locator(".problem")).to_contain_text("omnitrack migrate")

            migrate(settings)
            tab.tick(2)
            expect(page.locator("h1")).to_have_text("Nothing is stored yet")
            expect(page.locator(".stop")).to_contain_text("omnitrack publish")
            keep(page, "trouble-empty")

            fill(settings, play(round(time.time() * 1000), customers=40))
            tab.tick(3)
            expect(page.locator("h1")).to_have_text("Overview")
            expect(page.locator("#tile-journeys .value")).not_to_have_text("0")

            server.kill()
            tab.tick(4)
            expect(page.locator("h1")).to_have_text("ClickHouse does not answer")
            server.start_again()
            tab.tick(5)
            expect(page.locator("h1")).to_have_text("Overview")
            assert [text for text in tab.complaints if "Callback error" in text] == []
    finally:
        server.kill()


def test_a_query_that_takes_too_long_is_stopped_and_says_how_to_ask_for_less(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    url = site.settings.clickhouse.get_secret_value()
    with explorer_on(browser, url, tmp_path, "--seconds", "0.001") as tab:
        page = tab.open("consistency?span=365d")
        problem = page.locator(".problem").first
        expect(page.locator("main")).to_contain_text("took too long and was stopped")
        expect(problem).to_contain_text("--seconds")
        keep(page, "trouble-slow")


def test_a_page_that_is_none_leads_to_those_that_are(tab: Visit) -> None:
    page = tab.open("nowhere")
    expect(page.locator("h1")).to_have_text("There is no such page")
    expect(page.get_by_role("navigation").get_by_role("link")).to_have_count(9)
