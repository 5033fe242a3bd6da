"""What a repair file says, what is wrong with it, and what its repairs make of a record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnitrack.dead.repair import Repair, RepairError, read_repairs, repaired


def test_a_field_is_renamed_cast_given_a_default_and_removed(tmp_path: Path) -> None:
    file = tmp_path / "repair.yaml"
    file.write_text(
        "repairs:\n"
        "  - reason: schema\n"
        "    channel: [branch, atm]\n"
        "    rename: {custNo: identities.customer_no}\n"
        '    cast: {identities.customer_no: text, wait: number, at: "time+08:00"}\n'
        "    default: {stage: serve}\n"
        "    remove: [debug]\n"
    )
    (repair,) = read_repairs(file)
    assert repair.fits("schema", "atm")
    assert not repair.fits("schema", "hotline")
    assert not repair.fits("conflict", "atm")
    broken = {"custNo": 4711, "wait": "1,250.5", "at": "2026-04-01 09:00:00", "debug": {"x": 1}, "stage": None}
    assert repaired(broken, [repair]) == {
        "identities": {"customer_no": "4711"},
        "wait": 1250.5,
        "at": "2026-04-01T09:00:00.000+08:00",
        "stage": "serve",
    }


@pytest.mark.parametrize(
    ("cast", "value", "expected"),
    [
        ("text", 12, "12"),
        ("integer", "7", 7),
        ("integer", 7.0, 7),
        ("integer", "7.5", "7.5"),
        ("number", True, True),
        ("number", "many", "many"),
        ("list", "a, b", ["a", "b"]),
        ("list", 5, [5]),
        ("time", 1_775_005_200, "2026-04-01T01:00:00.000+00:00"),
        ("time", "1775005200000", "2026-04-01T01:00:00.000+00:00"),
        ("time", "2026-04-01T09:00:00", "2026-04-01T09:00:00"),
        ("time", "yesterday", "yesterday"),
    ],
)
def test_what_a_value_is_cast_to_or_that_it_stays(cast: str, value: Any, expected: Any) -> None:
    result = repaired({"field": value}, [Repair(cast={"field": cast})])["field"]
    assert (result, type(result)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("repairs:\n  - renam: {a: b}\n", "repair.yaml:2: repairs.0.renam: "),
        ("repairs:\n  - cast:\n      a: figure\n", "repair.yaml:3: repairs.0.cast.a: must be one of text, integer"),
        ("repairs:\n  - rename: {'a..b': c}\n", "repair.yaml:2: repairs.0.rename.a..b: must be a field"),
        ("repairs:\n  - reason: wrong\n", "repair.yaml:2: repairs.0.reason.0: "),
        ("repairs: [", "repair.yaml:1: not YAML"),
        ("", "repair.yaml:1: "),
    ],
)
def test_a_mistake_is_told_with_its_line_and_field(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "repair.yaml"
    file.write_text(text)
    with pytest.raises(RepairError) as error:
        read_repairs(file)
    assert message in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RepairError, match=r"nowhere\.yaml: no such file"):
        read_repairs(tmp_path / "nowhere.yaml")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)
fields = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(".".join)
casts = st.sampled_from(["text", "integer", "number", "list", "time", "time-05:00"])


@given(
    st.dictionaries(st.sampled_from("abc"), json_values),
    st.builds(
        Repair,
        rename=st.dictionaries(fields, fields, max_size=2),
        cast=st.dictionaries(fields, casts, max_size=3),
        default=st.dictionaries(fields, json_values, max_size=2),
        remove=st.lists(fields, max_size=2),
    ),
)
def test_any_repair_of_any_object_gives_an_object_and_leaves_what_it_was_given(
    message: dict[str, Any], repair: Repair
) -> None:
    before = repr(message)
    assert isinstance(repaired(message, [repair]), dict)
    assert repr(message) == before
