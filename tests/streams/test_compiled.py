"""Which core takes in and stitches."""

from __future__ import annotations

import sys

import pytest

from schemas.catalogue import Catalogue
from schemas.topics import Topics
from streams.compiled import NotBuilt, compiled_core, core_for, intake_for, quiet_for

CATALOGUE = Catalogue()


def test_the_compiled_core_stitches_where_it_was_built() -> None:
    assert (core_for("auto", CATALOGUE) is None) == (compiled_core(CATALOGUE) is None)


def test_the_python_core_stitches_alone_where_it_is_chosen() -> None:
    assert core_for("python", CATALOGUE) is None
    assert intake_for("python", Topics(), 4) is None
    assert quiet_for("python", CATALOGUE) is None


def test_where_it_was_not_built_the_python_core_stitches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "streams._core", None)
    assert core_for("auto", CATALOGUE) is None
    assert intake_for("auto", Topics(), 4) is None
    assert quiet_for("auto", CATALOGUE) is None


def test_a_worker_that_must_have_it_does_not_start_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "streams._core", None)
    with pytest.raises(NotBuilt, match="OMNITRACK_CORE=compiled: the compiled core was not built"):
        core_for("compiled", CATALOGUE)
    with pytest.raises(NotBuilt, match="OMNITRACK_CORE=compiled"):
        intake_for("compiled", Topics(), 4)
    with pytest.raises(NotBuilt, match="OMNITRACK_CORE=compiled"):
        quiet_for("compiled", CATALOGUE)
