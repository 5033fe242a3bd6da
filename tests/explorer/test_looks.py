"""Every page in both languages, light and dark, on a desk and on a phone; kept as pictures to be looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from explorer.pages.registry import PAGES
from explorer.words import words_in
from tests.explorer.conftest import DESK, PHONE, Site, visit

PICTURES = Path(__file__).parents[2] / "artifacts" / "explorer"
# As much of a page as a picture shows.
HEIGHT = 2000


@pytest.mark.parametrize(
    ("language", "theme", "width"),
    [("en", "light", DESK), ("zh", "dark", DESK), ("zh", "light", PHONE)],
)
def test_each_page_is_shown_whole_without_complaint_and_without_leaving_the_machine(
    browser: Browser, site: Site, language: str, theme: str, width: int
) -> None:
    words = words_in(language)
    visiting = visit(browser, site.address, language, theme, width, HEIGHT)
    page = visiting.open("")
    for name in PAGES:
        title = words(f"page.{name}")
        page.get_by_role("navigation").get_by_role("link", name=title, exact=True).click()
        page.wait_for_selector(f"main[aria-busy=false] h1:text-is('{title}')")
        assert page.evaluate("document.documentElement.lang") == language
        assert page.evaluate("document.documentElement.dataset.theme") == theme
        assert page.title() == f"{title} · omnitrack"
        look(page, f"{name}-{language}-{theme}-{width}")
    journey = max(site.played.bank.journeys, key=lambda it: it.failed_handoffs)
    visiting.open(f"journeys?of={journey.customer_id}&journey={journey.journey_id}")
    page.locator("#touchpoint-1 summary").click()
    look(page, f"journey-{language}-{theme}-{width}")
    assert visiting.complaints == []
    assert visiting.strays == []
    page.context.close()


def look(page: Page, name: str) -> None:
    """Keep a picture of a page that has all of its figures, nothing to complain of, and room for all of it."""
    expect(page.locator(".dash-graph--pending")).to_have_count(0)
    expect(page.locator(".problem, .stop")).to_have_count(0)
    assert page.viewport_size is not None
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], "the page is wider than the screen"
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")
