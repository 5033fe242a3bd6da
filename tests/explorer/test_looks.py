"""Every page in both languages, light and dark, on a desk and on a phone; kept as pictures to be looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from explorer.pages.registry import PAGES
from explorer.words import words_in
from tests.explorer.conftest import DESK, PHONE, Site, visit

PICTURES = Path(__file__).parents[2] / "artifacts" / "explorer"
HIGHEST = 2600


@pytest.mark.parametrize(
    ("language", "theme", "width"),
    [("en", "light", DESK), ("zh", "light", DESK), ("en", "dark", DESK), ("zh", "dark", PHONE)],
)
def test_each_page_is_shown_whole_without_complaint_and_without_leaving_the_machine(
    browser: Browser, site: Site, language: str, theme: str, width: int
) -> None:
    words = words_in(language)
    PICTURES.mkdir(parents=True, exist_ok=True)
    visiting = visit(browser, site.address, language, theme, width)
    page = visiting.open("")
    for name in PAGES:
        title = words(f"page.{name}")
        page.get_by_role("navigation").get_by_role("link", name=title, exact=True).click()
        page.wait_for_selector(f"main[aria-busy=false] h1:text-is('{title}')")
        expect(page.locator(".dash-graph--pending")).to_have_count(0)
        assert page.evaluate("document.documentElement.lang") == language
        assert page.evaluate("document.documentElement.dataset.theme") == theme
        assert page.title() == f"{title} · omnitrack"
        assert page.locator(".problem, .stop").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page is wider than the screen"
        height = min(HIGHEST, page.evaluate("document.documentElement.scrollHeight"))
        picture = PICTURES / f"{name}-{language}-{theme}-{width}.png"
        page.screenshot(path=picture, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height})
    assert visiting.complaints == []
    assert visiting.strays == []
    page.context.close()
