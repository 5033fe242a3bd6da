"""`make pictures`: docs/pictures of a demo that runs: its terminal, and pages of its explorer (needs chromium)."""

from __future__ import annotations

import io
import re
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event
from typing import TypeVar

from playwright.sync_api import ViewportSize, sync_playwright
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from omnitrack.demo.run import DemoOptions, run_demo
from omnitrack.example import EXAMPLE_CATALOGUE
from schemas.catalogue import load_catalogue

Found = TypeVar("Found")

PICTURES = Path("docs/pictures")
CHROMIUM = "/usr/bin/chromium"
COLUMNS = 110
PAGES = {"overview": "/?live=0", "handoffs": "/handoffs?live=0"}
SIZE = ViewportSize(width=1280, height=860)
HISTORY_SECONDS, PATIENCE_SECONDS = 45.0, 240.0
WEB_FONTS = re.compile(r"@font-face \{\{.*?\}\}\n", re.DOTALL)
"""Who looks at a picture shall not ask another server for it."""


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    stop, said = Event(), io.StringIO()
    console = Console(file=said, width=COLUMNS, record=True)
    with ThreadPoolExecutor(1) as executor:
        demo = executor.submit(play, console, stop)
        try:
            explorer = _awaited(demo, partial(_address, said))
            time.sleep(HISTORY_SECONDS)
            draw_terminal(demo, console, said)
            draw_pages(explorer)
        finally:
            stop.set()
        demo.result()


def play(console: Console, stop: Event) -> None:
    """The demo, as `omnitrack demo` runs it."""
    with tempfile.TemporaryDirectory(prefix="omnitrack-pictures-") as folder:
        run_demo(DemoOptions(Path(folder)), load_catalogue(EXAMPLE_CATALOGUE), EXAMPLE_CATALOGUE, console, stop)


def draw_terminal(demo: Future[None], console: Console, said: io.StringIO) -> None:
    """The next frame, as SVG."""
    console.export_text(clear=True)
    before = said.tell()
    _awaited(demo, lambda: said.tell() > before)
    picture = console.export_svg(title="make demo", code_format=WEB_FONTS.sub("", CONSOLE_SVG_FORMAT))
    (PICTURES / "demo.svg").write_text(picture, encoding="utf-8")


def draw_pages(explorer: str) -> None:
    """Pages of the explorer at that address, as a browser shows them, as PNG."""
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=CHROMIUM) as browser:
        page = browser.new_page(viewport=SIZE, locale="en-GB")
        for name, address in PAGES.items():
            page.goto(explorer + address, wait_until="networkidle")
            page.screenshot(path=PICTURES / f"{name}.png")


def _address(said: io.StringIO) -> str | None:
    found = re.search(r"explorer at (http\S+)", said.getvalue())
    return found and found[1]


def _awaited(demo: Future[None], look: Callable[[], Found | None]) -> Found:
    until = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        if demo.done() or time.monotonic() > until:
            raise SystemExit(
                f"the demo shows nothing to be drawn: {demo.exception() if demo.done() else 'out of time'}"
            )
        time.sleep(0.1)
    return found


if __name__ == "__main__":
    main()
