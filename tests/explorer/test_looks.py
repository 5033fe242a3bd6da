"""Each page in both languages, light and dark, on a desk and on a phone; kept as pictures to be looked at."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from explorer.pages.registry import PAGES
from explorer.words import words_in
from tests.explorer.asking import DAYS
from tests.explorer.conftest import PHONE, Site, Tour, Visit, visit

PICTURES = Path(__file__).parents[2] / "artifacts" / "explorer"


def test_each_page_is_shown_whole_in_english_and_light_on_a_desk(tour: Tour) -> None:
    for name in PAGES:
        assert_is_shown(tour.at(name), name, "en", "light")
        look(tour.at(name), f"{name}-en-light-desk")
        assert cut_off(tour.at(name)) == []


def test_each_page_is_shown_whole_in_chinese_and_dark_on_a_phone(browser: Browser, site: Site) -> None:
    visiting = visit(browser, site.address, "zh", "dark", PHONE)
    page = visiting.open(DAYS)
    for name in PAGES:
        page.get_by_role("navigation").get_by_role("link", name=words_in("zh")(f"page.{name}"), exact=True).click()
        assert_is_shown(page, name, "zh", "dark")
        look(page, f"{name}-zh-dark-phone")
    look_at_a_journey(visiting, site, "journey-zh-dark-phone")
    assert visiting.complaints == []
    assert visiting.strays == []
    page.context.close()


def test_a_journey_is_shown_whole_on_a_desk(tab: Visit, site: Site) -> None:
    look_at_a_journey(tab, site, "journey-en-light-desk")


def look_at_a_journey(visiting: Visit, site: Site, name: str) -> None:
    journey = max(site.played.bank.journeys, key=lambda it: it.failed_handoffs)
    page = visiting.open(f"journeys?of={journey.customer_id}&journey={journey.journey_id}")
    page.locator("#touchpoint-1 summary").click()
    look(page, name)


def assert_is_shown(page: Page, name: str, language: str, theme: str) -> None:
    title = words_in(language)(f"page.{name}")
    expect(page.locator("main[aria-busy=false] h1")).to_have_text(title)
    expect(page).to_have_title(f"{title} · omnitrack")
    assert page.evaluate("document.documentElement.lang") == language
    assert page.evaluate("document.documentElement.dataset.theme") == theme


def look(page: Page, name: str) -> None:
    """Keep a picture of a page that has all of its figures, nothing to complain of, and room for all of it."""
    expect(page.locator(".dash-graph--pending")).to_have_count(0)
    expect(page.locator(".problem, .stop")).to_have_count(0)
    assert page.viewport_size is not None
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], "the page is wider than the screen"
    keep(page, name)


def cut_off(page: Page) -> list[str]:
    """What has to be scrolled sideways to be seen whole."""
    labels: list[str] = page.eval_on_selector_all(
        ".scroll",
        "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.getAttribute('aria-label'))",
    )
    return labels


def keep(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")
