"""The importer of touchpoints that are in the contract's JSON already."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.importers import touchpoints
from sources.importers.inputs import numbered_lines
from sources.importers.outcomes import Imported, NoTouchpoint, Outcome, Used
from sources.importers.touchpoints import read_touchpoints

GOLDEN = sorted((Path(__file__).parents[4] / "shared" / "golden").glob("*.json"))


def read(content: bytes) -> list[Outcome]:
    return list(read_touchpoints(numbered_lines(BytesIO(content)), "file"))


def payloads(outcomes: list[Outcome]) -> list[bytes]:
    return [one.payload for one in outcomes if isinstance(one, Imported) and isinstance(one.payload, bytes)]


def places(outcomes: list[Outcome]) -> list[int]:
    return [one.place.line for one in outcomes if isinstance(one, Imported)]


def test_each_line_is_passed_on_byte_for_byte() -> None:
    outcomes = read(b'{"a": 1}\n  {"b":  2}\r\n{"a": NaN}')
    assert payloads(outcomes) == [b'{"a": 1}', b'  {"b":  2}', b'{"a": NaN}']
    assert places(outcomes) == [1, 2, 3]


def test_a_blank_line_is_no_touchpoint() -> None:
    outcomes = read(b'\n{"a": 1}\n   \n')
    assert [one.place.line for one in outcomes if isinstance(one, NoTouchpoint)] == [1, 3]
    assert [one.place.line for one in outcomes if isinstance(one, Used)] == [2]


def test_a_byte_order_mark_is_not_part_of_the_first_touchpoint() -> None:
    assert payloads(read(b'\xef\xbb\xbf{"a": 1}\n')) == [b'{"a": 1}']


def test_an_empty_file_has_nothing() -> None:
    assert read(b"") == []


def test_an_array_gives_its_elements_with_their_lines() -> None:
    outcomes = read(b'[\n {"a": 1},\n\n {"b":\n  2}, {"c": 3}\n]\n')
    assert [json.loads(one) for one in payloads(outcomes)] == [{"a": 1}, {"b": 2}, {"c": 3}]
    assert places(outcomes) == [2, 4, 5]


def test_an_object_gives_its_touchpoints() -> None:
    for text in (b'{"name": "x", "touchpoints": [{"a": 1}]}', b'{\n"name": "x",\n"touchpoints": [\n{"a": 1}]}'):
        assert payloads(read(text)) == [b'{"a": 1}']


def test_a_touchpoint_over_several_lines_is_one() -> None:
    assert [json.loads(one) for one in payloads(read(b'{\n "a": 1\n}\n'))] == [{"a": 1}]


def test_json_lines_with_a_broken_first_line_are_still_lines() -> None:
    outcomes = read(b'{"a": \n{"b": 2}\n')
    assert payloads(outcomes) == [b'{"a": ', b'{"b": 2}']
    assert places(outcomes) == [1, 2]


def test_what_is_too_long_for_a_document_is_read_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(touchpoints, "LARGEST_DOCUMENT", 10)
    content = b'[\n{"a": 1},\n{"b": 2},\n{"c": 3}\n]'
    assert payloads(read(content)) == content.split(b"\n")


def test_binary_rubbish_is_lines_like_any_other() -> None:
    outcomes = read(bytes(range(256)))
    assert b"\n".join(payloads(outcomes)) == bytes(range(256))


@pytest.mark.skipif(not GOLDEN, reason="the worked cases are not here: ../shared/golden")
def test_the_worked_cases_are_documents() -> None:
    for path in GOLDEN:
        expected = json.loads(path.read_text())["touchpoints"]
        outcomes = read(path.read_bytes())
        assert [json.loads(one) for one in payloads(outcomes)] == expected
        lines = path.read_text().splitlines()
        assert all(lines[number - 1].strip().startswith("{") for number in places(outcomes))


scalars = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=5))
objects = st.dictionaries(st.text(max_size=3).filter(lambda key: key != "touchpoints"), scalars, max_size=3)


@given(st.lists(objects, min_size=1, max_size=5), st.sampled_from([None, 1]), st.booleans())
def test_lines_and_documents_of_the_same_touchpoints_give_the_same(
    made: list[dict[str, object]], indent: int | None, bundled: bool
) -> None:
    as_lines = payloads(read("\n".join(json.dumps(one) for one in made).encode()))
    document = json.dumps({"touchpoints": made} if bundled else made, indent=indent)
    as_document = payloads(read(document.encode()))
    assert [json.loads(one) for one in as_lines] == [json.loads(one) for one in as_document] == made


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail(content: bytes) -> None:
    judged = [one.place.line for one in read(content) if not isinstance(one, Imported)]
    assert judged == sorted(judged)
