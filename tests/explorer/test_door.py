"""The login in a browser: with its pages' policy nothing goes wrong in it, and each role sees what it may."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from explorer.access.accounts import make_account, write_accounts
from tests.explorer.conftest import Site, Visit, start_explorer, visit

PASSWORDS = {"ana": "numbers are enough", "otto": "all of it, please"}


@pytest.fixture(scope="module")
def door(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an explorer with two users."""
    folder = tmp_path_factory.mktemp("door")
    ana = make_account("ana", "analyst", PASSWORDS["ana"])
    write_accounts(folder / "users", [ana, make_account("otto", "operator", PASSWORDS["otto"])])
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OMNITRACK_EXPLORER_USERS", str(folder / "users"))
        explorer, address = start_explorer(site.settings.clickhouse.get_secret_value(), folder / "explorer.log")
    yield address
    explorer.terminate()


@pytest.fixture
def tab(browser: Browser, door: str) -> Iterator[Visit]:
    visiting = visit(browser, door)
    yield visiting
    visiting.page.context.close()
    assert visiting.complaints == []
    assert visiting.strays == []


def log_in(tab: Visit, name: str, path: str = "") -> None:
    tab.page.goto(tab.address + path)
    tab.page.fill("input[name=name]", name)
    tab.page.fill("input[name=password]", PASSWORDS[name])
    tab.page.click("button[type=submit]")
    tab.settle()


def test_an_analyst_sees_numbers_and_no_customers_and_leaves(tab: Visit) -> None:
    log_in(tab, "ana", "handoffs?span=30d")
    assert tab.page.url == f"{tab.address}handoffs?span=30d"
    assert "For operators only" in tab.page.inner_text("main")
    assert tab.page.locator("main .card:not(:has(.problem))").count()
    tab.page.click("text=Log out ana")
    tab.page.wait_for_selector("input[name=password]")


def test_an_operator_sees_customers(tab: Visit) -> None:
    log_in(tab, "otto", "journeys?span=30d")
    assert "For operators only" not in tab.page.inner_text("main")
    assert tab.page.locator("main table tbody tr").count()
