"""A site to look at: the explorer on a simulated bank, and Debian's chromium to look at it with."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, expect, sync_playwright

from omnitrack.ports import LOOPBACK, free_port
from sinks.clickhouse.settings import ClickHouseSettings
from tests.explorer.asking import DAYS
from tests.explorer.bank import Played, fill, play
from tests.support.child import Child
from tests.support.ci import in_ci
from tests.support.clickhouse import EmbeddedClickHouse

CHROMIUM = ("chromium", "chromium-browser")
# Nothing of the browser's own may call home, nor may it need rights or a screen.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_SECONDS = 120.0
# As long as something may take on a machine that has much else to do.
PATIENCE_MILLISECONDS = 60_000
DESK, PHONE = 1280, 390
# As much of a page as a picture shows.
HEIGHT = 2000


@dataclass(frozen=True, slots=True)
class Site:
    """A running explorer, the ClickHouse it shows, and what was played there."""

    address: str
    settings: ClickHouseSettings
    played: Played


@dataclass(slots=True)
class Visit:
    """A browser's tab on a site. `complaints` are what its console said, `strays` requests to anywhere else."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Playwright marks what listens, and a method of a slotted class cannot be marked.
        self.page.on("console", partial(Visit._listen, self))
        self.page.on("pageerror", partial(Visit._fail, self))
        self.page.on("request", partial(Visit._watch, self))

    def open(self, path: str) -> Page:
        """Load a page of the site, and wait until it is there."""
        self.page.goto(self.address + path)
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until what was asked is shown."""
        self.page.wait_for_selector("main[aria-busy=false] h1")

    def tick(self, number: int) -> None:
        """Have the page ask anew, as its clock does every few seconds."""
        with self.page.expect_response(lambda answer: "_dash-update-component" in answer.url):
            self.page.evaluate(f"dash_clientside.set_props('tick', {{data: {number}}})")
        self.settle()

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _fail(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.strays.append(request.url)


def start_explorer(clickhouse: str, log: Path, *options: str) -> tuple[Child, str]:
    """An explorer in a process of its own, and its address; it is ready."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "omnitrack",
        "explore",
        "--clickhouse",
        clickhouse,
        "--port",
        str(port),
        *options,
    ]
    child = Child.spawn("explorer", command, log)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.is_running:
        if _answers(port):
            return child, f"http://{LOOPBACK}:{port}/"
        time.sleep(0.05)
    failure = child.failure("does not answer" if child.is_running else "ended by itself")
    child.kill()
    raise failure


@dataclass(slots=True)
class Tour:
    """The pages of a site on the days of `DAYS`, each opened once, to be read and left as it is."""

    context: BrowserContext
    address: str
    visits: dict[str, Visit] = field(default_factory=dict)

    def at(self, name: str) -> Page:
        """The page of that name; it asks nothing anew."""
        if name not in self.visits:
            self.visits[name] = open_tab(self.context, self.address)
            self.visits[name].open(f"{name}{DAYS}&live=0")
        return self.visits[name].page


def visit(browser: Browser, address: str, language: str = "en", theme: str = "light", width: int = DESK) -> Visit:
    """A new tab without a past."""
    return open_tab(new_context(browser, width), address, language, theme)


def new_context(browser: Browser, width: int = DESK) -> BrowserContext:
    context = browser.new_context(viewport={"width": width, "height": HEIGHT}, locale="en-GB")
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    return context


def open_tab(context: BrowserContext, address: str, language: str = "en", theme: str = "light") -> Visit:
    """A new tab with these preferences."""
    cookies = {"language": language, "theme": theme}
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
    return Visit(context.new_page(), address)


# Of this package only: Playwright keeps an event loop running in the thread, which others' tests could not bear.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A chromium without a window."""
    if not in_ci() and not os.environ.get("OMNITRACK_BROWSER_TESTS"):
        pytest.skip("browser tests are asked for by OMNITRACK_BROWSER_TESTS=1")
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.skip("no chromium: install Debian's package chromium")
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield running
        finally:
            running.close()


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The explorer on two weeks of a simulated bank that end now."""
    folder = tmp_path_factory.mktemp("explorer")
    clickhouse = EmbeddedClickHouse.start(folder / "clickhouse")
    try:
        settings = ClickHouseSettings.of(clickhouse.url)
        played = play(round(time.time() * 1000))
        fill(settings, played)
        explorer, address = start_explorer(clickhouse.url, folder / "explorer.log")
        try:
            yield Site(address, settings, played)
        finally:
            explorer.terminate()
    finally:
        clickhouse.child.terminate()


@pytest.fixture(scope="package")
def desk(browser: Browser) -> Iterator[BrowserContext]:
    """A browser on a desk that has been here before: it need not load the scripts again for each test."""
    context = new_context(browser)
    yield context
    context.close()


@pytest.fixture(scope="package")
def tour(desk: BrowserContext, site: Site) -> Iterator[Tour]:
    """All pages in English, light, on a desk; nothing may go wrong in them, nor leave the machine."""
    visiting = Tour(desk, site.address)
    yield visiting
    assert {name: it.complaints + it.strays for name, it in visiting.visits.items() if it.complaints + it.strays} == {}


@pytest.fixture
def tab(desk: BrowserContext, site: Site) -> Iterator[Visit]:
    """A tab of the test's own, in English, light; nothing may go wrong in it, nor leave the machine."""
    visiting = open_tab(desk, site.address)
    yield visiting
    visiting.page.close()
    assert visiting.complaints == []
    assert visiting.strays == []


def _answers(port: int) -> bool:
    connection = HTTPConnection(LOOPBACK, port, timeout=1)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
