"""What publishing shows on a terminal are names and reasons as they are: neither markup nor emojis."""

from __future__ import annotations

import io

from rich.console import Console

from omnitrack.publishing.progress import metered
from omnitrack.publishing.summary import print_summary
from omnitrack.publishing.tally import Tally
from sources.importers.outcomes import NoTouchpoint, Place

ODD = "calls [old] at atm:100:5"


def terminal() -> tuple[Console, io.StringIO]:
    shown = io.StringIO()
    return Console(file=shown, width=100, force_terminal=True, color_system=None, markup=False, emoji=False), shown


def test_the_account_shows_reasons_as_they_are() -> None:
    tally = Tally()
    tally.judge(NoTouchpoint(Place("f", 1), ODD))
    console, shown = terminal()
    print_summary(console, tally)
    assert f" {ODD} " in shown.getvalue()


def test_the_bar_shows_the_name_of_the_file_as_it_is() -> None:
    console, shown = terminal()
    with metered(console, ODD, 10) as meter:
        meter.show(1, 1)
    assert f"{ODD} " in shown.getvalue()
