"""The same examples of property tests in every run, whichever tests ran before."""

from __future__ import annotations

from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants


def draw_no_constants_of_the_project() -> None:
    """Have Hypothesis leave out what it finds in the project's modules that are imported by then.

    Which these are depends on the tests that this process has run, and even derandomized its examples depend on them.
    It has no setting for that.
    """
    none = Constants()
    providers._get_local_constants = lambda: none
