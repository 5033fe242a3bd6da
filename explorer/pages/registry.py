"""All pages, in the order of the navigation."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.pages import alerts, consistency, handoffs, journeys, overview, paths, promises, quality, waits
from explorer.pages.page import Page

PAGES: Mapping[str, Page] = {
    module.PAGE.name: module.PAGE
    for module in (overview, handoffs, consistency, waits, journeys, paths, promises, alerts, quality)
}
HOME = "overview"


def page_at(pathname: str | None) -> Page | None:
    """The page of an address's path; None: there is none."""
    name = (pathname or "/").strip("/") or HOME
    return PAGES.get(name)
