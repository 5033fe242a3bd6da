from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.tracked import ROOT

DRAWN = """
import tests.conftest
from hypothesis import given, strategies

drawn = []

@given(strategies.lists(strategies.tuples(strategies.integers(), strategies.text())))
def test(example):
    drawn.append(example)

test()
print(drawn)
"""


def test_in_ci_the_examples_are_the_same_whatever_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    drawn = [
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for code in (DRAWN, f"import schemas.catalogue, streams.journey\n{DRAWN}")
    ]
    assert drawn[0].count("),") > 100
    assert drawn[0] == drawn[1]
